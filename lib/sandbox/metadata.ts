/** Modules and fields as the settings endpoints describe them (zoho-api sheet 2, 3). */
import {mixText} from './hash.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import type {FieldSpec} from './schema/field.ts';

/** One object of `GET /settings/modules`. */
export function moduleMetadata(org: Org, module: OrgModule, place: number): Readonly<Record<string, unknown>> {
  const {spec} = module;
  const [user] = org.users;
  return {
    global_search_supported: spec.apiSupported,
    deletable: spec.apiSupported,
    description: null,
    creatable: spec.apiSupported,
    recycle_bin_on_delete: spec.deletions,
    inventory_template_supported: false,
    modified_time: null,
    plural_label: spec.name.replaceAll('_', ' '),
    presence_sub_menu: spec.viewable,
    actual_plural_label: spec.name.replaceAll('_', ' '),
    id: moduleId(org, module),
    visibility: spec.status === 'visible' ? 1 : 2046,
    convertable: spec.name === 'Leads',
    editable: spec.apiSupported,
    emailTemplate_support: false,
    profiles: [{name: 'Administrator', id: '5725767000000026011'}],
    filter_supported: spec.apiSupported,
    show_as_tab: spec.viewable,
    web_link: spec.generatedType === 'web' ? 'https://plans.example' : null,
    singular_label: spec.singular,
    viewable: spec.viewable,
    api_supported: spec.apiSupported,
    api_name: spec.name,
    module_name: spec.internalName,
    quick_create: false,
    modified_by: user ? {name: user.lastName, id: user.id} : null,
    generated_type: spec.generatedType,
    feeds_required: false,
    sequence_number: place + 1,
    access_type: 'org_based',
    parent_module: spec.parent === undefined ? {} : {api_name: spec.parent, id: idOf(org, 'module', spec.parent)},
    status: spec.status,
  };
}

/** One object of `GET /settings/fields`. */
export function fieldMetadata(org: Org, module: OrgModule, field: FieldSpec): Readonly<Record<string, unknown>> {
  const {name, label, dataType, jsonType, custom, computed, returnType, readOnly, visible, length, decimals} = field;
  return {
    associated_module: null,
    webhook: true,
    operation_type: {web_update: !readOnly, api_create: !readOnly, web_create: !readOnly, api_update: !readOnly},
    colour_code_enabled_by_system: false,
    field_label: label,
    tooltip: null,
    type: 'used',
    table_name: `Crm${module.spec.internalName}`,
    field_read_only: readOnly,
    read_only: readOnly,
    display_label: label,
    display_type: -1,
    ui_type: 1,
    association_details: null,
    businesscard_supported: true,
    multi_module_lookup: {},
    id: idOf(org, module.name, name),
    created_time: '2021-07-25T02:13:17-07:00',
    modified_time: '2021-07-25T02:13:17-07:00',
    filterable: field.filterable,
    searchable: field.filterable,
    sortable: field.filterable,
    restricted: false,
    external: null,
    visible,
    private: null,
    hipaa_compliance: null,
    history_tracking: null,
    system_mandatory: field.blanks === 0 && !readOnly && !custom,
    mandatory: false,
    crypt: null,
    created_source: custom ? 'crm' : 'default',
    custom_field: custom,
    column_name: name.toUpperCase(),
    api_name: name,
    data_type: dataType,
    json_type: jsonType,
    length,
    decimal_place: decimals ?? null,
    unique: {},
    virtual_field: false,
    mass_update: !readOnly,
    view_type: {view: visible, edit: !readOnly, quick_create: false, create: !readOnly},
    quick_sequence_number: null,
    pick_list_values: (field.picks ?? []).map((value, i) => ({
      display_value: value,
      sequence_number: i + 1,
      reference_value: value,
      colour_code: null,
      actual_value: value,
      id: idOf(org, `${module.name}.${name}`, value),
      type: 'used',
    })),
    lookup:
      field.target === undefined
        ? {}
        : {display_label: label, api_name: null, module: {api_name: field.target, id: idOf(org, 'module', field.target)}},
    multiselectlookup: {},
    multiuserlookup: {},
    subform: dataType === 'subform' ? {module: name, id: idOf(org, 'module', name)} : null,
    auto_number: {},
    currency: {},
    formula: computed === 'formula' ? formulaMetadata(field) : {},
    rollup_summary:
      computed === 'rollup_summary'
        ? {
            return_type: returnType,
            expression: null,
            based_on_module: {api_name: module.name, id: moduleId(org, module)},
            rollup_based_on: null,
          }
        : {},
    ...field.extra,
  };
}

function formulaMetadata({name, returnType, dynamic = false}: FieldSpec): Readonly<Record<string, unknown>> {
  return {
    return_type: returnType,
    sub_return_type: null,
    expression: dynamic ? `Datecomp(Now(),\${!${name}})` : `If(Len(\${!${name}})>0,1,0)`,
    dynamic,
    assume_default: false,
    stop_compute_conditionally: null,
  };
}

export const moduleId = (org: Org, module: OrgModule): string => idOf(org, 'module', module.name);

/** Ids of modules, fields and pick list entries: long, and the same for the same seed. */
export function idOf(org: Org, kind: string, name: string): string {
  return String(5_725_767_000_000_000_000n + BigInt(mixText(mixText(org.seed, kind), name)));
}
