/**
 * Fields that point to something other than one module's record: an object with an `id` in COQL,
 * the bare id in CSV (zoho-api sheet 12).
 */
import {type FieldChoices, type FieldSpec, field, more, pick} from './field.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

const layouts: readonly Named[] = [
  {id: '5725767000000091055', name: 'Standard'},
  {id: '5725767000000091057', name: 'Partners'},
];
const profiles: readonly Named[] = [
  {id: '5725767000000026011', name: 'Administrator'},
  {id: '5725767000000026014', name: 'Standard'},
];
const roles: readonly Named[] = [
  {id: '5725767000000026005', name: 'CEO'},
  {id: '5725767000000026008', name: 'Manager'},
];
const regions: readonly Named[] = [
  {id: '5725767000000478001', name: 'EMEA'},
  {id: '5725767000000478004', name: 'Americas'},
  {id: '5725767000000478007', name: 'Asia, Pacific'},
];
const modules: readonly Named[] = [
  {id: '5725767000000002175', name: 'Leads'},
  {id: '5725767000000002177', name: 'Accounts'},
  {id: '5725767000000002179', name: 'Contacts'},
];

const nameOf = (list: readonly Named[], id: string): string | undefined => list.find((entry) => entry.id === id)?.name;

/** One of a fixed list, as `{name, id}`. */
const oneOf =
  (list: readonly Named[], dataType: string) =>
  (name: string, choices: FieldChoices = {}): FieldSpec =>
    field(name, dataType, 'jsonobject', 'reference', (h) => pick(list, h).id, {
      object: (id) => ({name: nameOf(list, id) ?? null, id}),
      ...choices,
    });

export const layout = oneOf(layouts, 'layout');
export const profileLookup = oneOf(profiles, 'profilelookup');
export const roleLookup = oneOf(roles, 'rolelookup');

/** A record's consent, of which COQL gives only the id. */
export const consentLookup = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'consent_lookup', 'jsonobject', 'reference', (h) => String(5_725_767_000_000_500_001n + BigInt(h % 900)), {
    object: (id) => ({id}),
    filterable: false,
    ...choices,
  });

/** The module of the record with this id. */
const moduleAt = (id: string): Named => modules[Number(id.slice(-1)) % modules.length]!;

/** A record of one of several modules. Bulk Read adds a column with the module's name. */
export const multiModuleLookup = (name: string, jsonType = 'jsonobject', choices: FieldChoices = {}): FieldSpec =>
  field(name, 'multi_module_lookup', jsonType, 'reference', (h) => String(5_725_767_000_003_581_048n + BigInt(h % 70_000)), {
    object: (id) => ({module: {api_name: moduleAt(id).name, id: moduleAt(id).id}, id}),
    added: {'module.api_name': (id) => moduleAt(id).name},
    extra: {
      multi_module_lookup: {
        display_label: name,
        api_name: name,
        modules: modules.map((module) => ({api_name: module.name, module_name: module.name, id: module.id})),
      },
    },
    ...choices,
  });

/** A module, which documents and CSV hold by its API name. */
export const moduleReference = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'module', 'jsonobject', 'reference', (h) => pick(modules, h).name, {
    object: (api_name) => ({api_name, id: modules.find((module) => module.name === api_name)?.id ?? null}),
    filterable: false,
    ...choices,
  });

/** One to three territories. */
export const territories = (name = 'Territories', choices: FieldChoices = {}): FieldSpec =>
  field(name, 'territories', 'jsonarray', 'references', (h) => regions.slice(more(h, 1) % regions.length).map(({id}) => id), {
    object: (id) => ({Name: nameOf(regions, id) ?? null, id}),
    filterable: false,
    blanks: 90,
    ...choices,
  });
