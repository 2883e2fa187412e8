/** Fields as the connector knows them. */
import type {Field} from '../../lib/records/field.ts';

/** A text that both APIs read, with overrides. */
export function textField(name: string, more: Partial<Field> = {}): Field {
  const usual = {computed: false, dynamic: false, bulk: true, coql: true};
  return {name, type: 'text', dataType: 'text', jsonType: 'string', ...usual, ...more};
}
