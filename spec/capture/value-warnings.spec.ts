import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ValueWarnings} from '../../lib/capture/value-warnings.ts';
import {replacedNamedMax} from '../../lib/limits.ts';
import {textField} from '../harness/fields.ts';

const warnings = suite('warnings about values');

function warning() {
  const logged: [string, unknown][] = [];
  return {logged, it: new ValueWarnings('Leads', (level, message, fields) => void logged.push([`${level} ${message}`, fields]))};
}

warnings('name a field once whose values do not fit, with its declared type', () => {
  const {it, logged} = warning();
  const fields = new Map([['A', textField('A', {dataType: 'integer'})]]);
  for (const name of ['A', 'A', 'B']) it.misfit(name, fields);
  assert.deepEqual(logged, [
    [
      'warn Module Leads, field A: some values are not of the type that Zoho declares (integer); they pass as text',
      {module: 'Leads', field: 'A'},
    ],
    [
      'warn Module Leads, field B: some values are not of the type that Zoho declares (unknown); they pass as text',
      {module: 'Leads', field: 'B'},
    ],
  ]);
});

warnings('name each record once with text that is none, up to a number for each field', () => {
  const {it, logged} = warning();
  for (let id = 1; id <= replacedNamedMax + 5; id++)
    for (let again = 0; again < 2; again++) it.replaced({field: 'A', id: String(id)});
  it.replaced({field: 'B', id: '1'});
  assert.equal(logged.length, replacedNamedMax + 2);
  assert.equal(
    logged[0]?.[0],
    'warn Module Leads, field A: record 1 holds text that is not valid Unicode; U+FFFD takes its place',
  );
  assert.equal(logged[replacedNamedMax - 1]?.[0].includes(`record ${replacedNamedMax} holds`), true);
  assert.equal(
    logged[replacedNamedMax]?.[0],
    'warn Module Leads, field A: more records hold text that is not valid Unicode; they are not named',
  );
  assert.match(logged.at(-1)?.[0] ?? '', /field B: record 1 holds/);
});

warnings.run();
