/**
 * A module of the organisation: its place in the module list, its fields, and how the APIs treat
 * it.
 */
import type {FieldSpec} from './field.ts';
import {boolean, datetime, owner, tags, userLookup} from './kinds.ts';

export interface ModuleSpec {
  readonly name: string;
  /** Zoho's internal name, which URLs do not use. */
  readonly internalName: string;
  readonly singular: string;
  readonly generatedType: string;
  readonly fields: readonly FieldSpec[];
  /** Number of records, relative to the organisation's size. */
  readonly share: number;
  /** Fields that make up a record's name. */
  readonly nameFields: readonly string[];
  readonly apiSupported: boolean;
  readonly viewable: boolean;
  readonly status: 'visible' | 'user_hidden' | 'system_hidden' | 'scheduled_for_deletion';
  readonly parent?: string;
  /** What the fields endpoint answers: fields, 204, or a refusal. */
  readonly metadata: 'fields' | 'none' | 'NO_PERMISSION' | 'INVALID_MODULE' | 'OAUTH_SCOPE_MISMATCH';
  /** Codes with which Bulk Read and COQL refuse the module. */
  readonly bulkRefusal?: 'MODULE_NOT_SUPPORTED' | 'MODULE_NOT_AVAILABLE' | 'NO_PERMISSION' | 'OAUTH_SCOPE_MISMATCH';
  readonly coqlRefusal?: 'INVALID_MODULE' | 'INVALID_QUERY' | 'NO_PERMISSION' | 'OAUTH_SCOPE_MISMATCH';
  /** Whether it has a deleted-records feed. */
  readonly deletions: boolean;
}

export type ModuleChoices = Partial<Omit<ModuleSpec, 'name' | 'fields'>>;

export function module(name: string, fields: readonly FieldSpec[], choices: ModuleChoices = {}): ModuleSpec {
  return {
    name,
    internalName: name,
    singular: name.replace(/ies$/, 'y').replace(/s$/, ''),
    generatedType: 'default',
    fields,
    share: 0.1,
    nameFields: [fields[0]?.name ?? 'id'],
    apiSupported: true,
    viewable: true,
    status: 'visible',
    metadata: 'fields',
    deletions: true,
    ...choices,
  };
}

/** Fields that Zoho keeps on nearly every record. */
export const auditFields: readonly FieldSpec[] = [
  owner('Owner'),
  userLookup('Created_By', {blanks: 0, readOnly: true}),
  userLookup('Modified_By', {blanks: 0, readOnly: true}),
  datetime('Created_Time', {blanks: 0, readOnly: true}),
  datetime('Modified_Time', {blanks: 0, readOnly: true}),
  datetime('Last_Activity_Time', {blanks: 40, readOnly: true}),
  tags(),
  boolean('Locked__s', {readOnly: true}),
];

/** The same for modules without an owner. */
export const timesOnly: readonly FieldSpec[] = auditFields.filter(
  ({name}) => name === 'Created_Time' || name === 'Modified_Time',
);
