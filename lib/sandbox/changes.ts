/** Changes of a record's values: given ones, and those of a random edit. */
import {mix} from './hash.ts';
import type {FieldSpec, Value} from './schema/field.ts';

/** Values by field name, as `Value` describes them; datetimes may also be ISO texts. */
export type Changes = Readonly<Record<string, Value>>;

/** What a change needs to know of its module. */
export interface ChangedModule {
  readonly name: string;
  readonly seed: number;
  readonly fields: readonly FieldSpec[];
  readonly columns: {linked(spec: FieldSpec, number: number): Value};
  field(name: string): FieldSpec | undefined;
}

/** The values of a record after changes. */
export function changedValues(
  module: ChangedModule,
  changes: Changes,
  before: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  const values = new Map(before);
  for (const [name, value] of Object.entries(changes)) {
    const spec = module.field(name);
    if (!spec || name === 'Modified_Time')
      throw new Error(`Cannot change ${name} of ${module.name}, there is no such field, or it follows from others`);
    values.set(name, spec.kind === 'datetime' ? epochOf(value) : value);
  }
  return values;
}

/** One to three fields that people edit, one of them cleared now and then. */
export function anyChanges({columns, fields, seed}: ChangedModule, index: number, seq: number): Changes {
  const editable = fields.filter(({readOnly, computed, listed, visible}) => !readOnly && !computed && listed && visible);
  const changes: Record<string, Value> = {};
  for (let i = 0; i <= seq % 3 && editable.length > 0; i += 1) {
    const h = mix(mix(seed, index), mix(seq, i));
    const spec = editable[h % editable.length]!;
    const isLink = spec.kind === 'lookup' || spec.kind === 'user';
    const value = (number: number): Value => (isLink ? columns.linked(spec, number) : spec.make(number, index));
    changes[spec.name] = h % 7 === 0 && spec.blanks > 0 ? null : value(mix(h, 2));
  }
  return changes;
}

function epochOf(value: Value): Value {
  if (typeof value !== 'string' || /^-?\d+$/.test(value)) return value;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : String(Math.floor(ms / 1_000));
}
