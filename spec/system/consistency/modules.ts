/** Modules made for particular specs. */
import type {FieldSpec} from '../../../lib/sandbox/schema/field.ts';
import {date, formula, integer, picklist, rollup, text} from '../../../lib/sandbox/schema/kinds.ts';
import {type ModuleChoices, type ModuleSpec, module, timesOnly} from '../../../lib/sandbox/schema/module.ts';

/** Few fields, so that many records are quickly made and compared. */
export function narrow(name: string, fields: readonly FieldSpec[] = [], choices: ModuleChoices = {}): ModuleSpec {
  return module(name, [text('Name', undefined, {blanks: 0}), integer('Count'), ...fields, ...timesOnly], choices);
}

/** A formula and a roll-up summary. */
export const computed: readonly FieldSpec[] = [formula('Score', 'double'), rollup('Total')];

/** Plain fields, and formulas of the kind of which COQL accepts at most five per query. */
export function wide(name: string, fields: number, dynamicFormulas = 0): ModuleSpec {
  const made = Array.from({length: fields}, (_, i) => {
    const field = `Field_${String(i).padStart(3, '0')}`;
    return [text(field), integer(field), date(field), picklist(field, ['one', 'two', 'three'])][i % 4]!;
  });
  const formulas = Array.from({length: dynamicFormulas}, (_, i) => formula(`Dynamic_${i}`, 'double', true));
  return narrow(name, [...made, ...formulas]);
}
