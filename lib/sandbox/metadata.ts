/** Modules and fields as the settings endpoints describe them (zoho-api sheet 2, 3). */
import {mixText} from './hash.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import {type FieldSpec, field} from './schema/field.ts';

/** One object of `GET /settings/modules`. */
export function moduleMetadata(org: Org, module: OrgModule, place: number): Readonly<Record<string, unknown>> {
  const {spec} = module;
  const [user] = org.users;
  const profiles = [{name: 'Administrator', id: '5725767000000026011'}];
  const plural = spec.name.replaceAll('_', ' ');
  return {
    global_search_supported: spec.apiSupported,
    public_fields_configured: false,
    recycle_bin_on_delete: spec.deletions,
    has_more_profiles: false,
    sub_menu_available: spec.viewable,
    profile_count: profiles.length,
    deletable: spec.apiSupported,
    description: null,
    creatable: spec.apiSupported,
    inventory_template_supported: false,
    modified_time: null,
    presence_sub_menu: spec.viewable,
    triggers_supported: spec.apiSupported,
    id: moduleId(org, module),
    api_name: spec.name,
    plural_label: plural,
    actual_plural_label: plural,
    actual_singular_label: spec.singular,
    singular_label: spec.singular,
    isBlueprintSupported: spec.apiSupported,
    visibility: spec.status === 'visible' ? 1 : 2046,
    convertable: spec.name === 'Leads',
    editable: spec.apiSupported,
    emailTemplate_support: false,
    email_parser_supported: false,
    filter_supported: spec.apiSupported,
    show_as_tab: spec.viewable,
    web_link: spec.generatedType === 'web' ? 'https://plans.example' : null,
    viewable: spec.viewable,
    api_supported: spec.apiSupported,
    quick_create: false,
    generated_type: spec.generatedType,
    feeds_required: false,
    scoring_supported: false,
    webform_supported: false,
    arguments: [],
    module_name: spec.internalName,
    business_card_field_limit: 5,
    access_type: 'org_based',
    track_current_data: false,
    modified_by: user ? {name: user.lastName, id: user.id} : null,
    profiles,
    parent_module: spec.parent === undefined ? {} : {api_name: spec.parent, id: idOf(org, 'module', spec.parent)},
    status: spec.status,
    sequence_number: place + 1,
  };
}

/** One object of `GET /settings/fields`. */
export function fieldMetadata(org: Org, module: OrgModule, spec: FieldSpec): Readonly<Record<string, unknown>> {
  const {name, label, dataType, jsonType, custom, computed, readOnly, visible, length, decimals} = spec;
  return {
    associated_module: null,
    webhook: true,
    operation_type: {web_update: !readOnly, api_create: !readOnly, web_create: !readOnly, api_update: !readOnly},
    colour_code_enabled_by_system: false,
    field_label: label,
    tooltip: null,
    type: 'used',
    field_read_only: readOnly,
    customizable_properties: null,
    display_label: label,
    read_only: readOnly,
    association_details: null,
    businesscard_supported: true,
    multi_module_lookup: {},
    id: idOf(org, module.name, name),
    created_time: '2021-07-25T02:13:17-07:00',
    filterable: spec.filterable,
    visible,
    profiles: [
      {
        permission_type: visible ? (readOnly ? 'read_only' : 'read_write') : 'hidden',
        name: 'Administrator',
        id: '5725767000000026011',
      },
    ],
    view_type: {view: visible, edit: !readOnly, quick_create: false, create: !readOnly},
    separator: false,
    searchable: spec.filterable,
    history_tracking_enabled: false,
    external: null,
    api_name: name,
    unique: {},
    enable_colour_code: false,
    pick_list_values: (spec.picks ?? []).map((value, i) => ({
      display_value: value,
      sequence_number: i + 1,
      reference_value: value,
      colour_code: '#57B1FD',
      actual_value: value,
      id: idOf(org, `${module.name}.${name}`, value),
      type: 'used',
    })),
    system_mandatory: spec.blanks === 0 && !readOnly && !custom,
    private: null,
    virtual_field: false,
    json_type: jsonType,
    crypt: null,
    range: null,
    created_source: custom ? 'crm' : 'default',
    display_type: -1,
    ui_type: 1,
    modified_time: '2021-07-25T02:13:17-07:00',
    public: false,
    email_parser: {fields_update_supported: !readOnly, record_operations_supported: !readOnly},
    currency: {},
    custom_field: custom,
    lookup: spec.target === undefined ? {} : lookupMetadata(org, spec, spec.target),
    hipaa_compliance: null,
    convert_mapping: module.name === 'Leads' && custom ? {Contacts: null, Deals: null, Accounts: null} : {},
    rollup_summary: computed === 'rollup_summary' ? rollupMetadata(spec) : {},
    length,
    column_name: name.toUpperCase(),
    display_field: module.spec.nameFields[0] === name,
    pick_list_values_sorted_lexically: false,
    sortable: spec.filterable,
    global_picklist: null,
    history_tracking: null,
    data_type: dataType,
    formula: computed === 'formula' ? formulaMetadata(spec) : {},
    additional_column: null,
    hipaa_compliance_enabled: false,
    decimal_place: decimals ?? null,
    mass_update: !readOnly,
    multiselectlookup: {},
    auto_number: {},
    blueprint_supported: true,
    ...(dataType === 'subform' && {subform: {module: name, id: idOf(org, 'module', name)}}),
    ...spec.extra,
  };
}

function lookupMetadata(org: Org, {label, name}: FieldSpec, target: string): Readonly<Record<string, unknown>> {
  return {display_label: label, api_name: name, module: {api_name: target, crypt: false, id: idOf(org, 'module', target)}};
}

function formulaMetadata({returnType, dynamic = false}: FieldSpec): Readonly<Record<string, unknown>> {
  return {return_type: returnType, dynamic, stop_compute_conditionally: false, assume_default: false};
}

function rollupMetadata({returnType}: FieldSpec): Readonly<Record<string, unknown>> {
  const counts = returnType === 'integer';
  return {
    return_type: returnType,
    expression: {
      function_parameters: [{api_name: counts ? 'id' : 'Amount'}],
      criteria: null,
      function: counts ? 'COUNT' : returnType === 'datetime' ? 'RECENT' : 'SUM',
    },
  };
}

/** The record's own id, which metadata list as a field since version 4. */
export function idMetadata(org: Org, module: OrgModule): Readonly<Record<string, unknown>> {
  return fieldMetadata(org, module, idSpec);
}

const idSpec = field('id', 'bigint', 'string', 'id', () => null, {label: 'Record Id', blanks: 0, readOnly: true, length: 19});

export const moduleId = (org: Org, module: OrgModule): string => idOf(org, 'module', module.name);

/** Ids of modules, fields and pick list entries: long, and the same for the same seed. */
export function idOf(org: Org, kind: string, name: string): string {
  return String(5_725_767_000_000_000_000n + BigInt(mixText(mixText(org.seed, kind), name)));
}
