import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {damaged, dialectOf} from '../../../lib/transforms/csv/csv-dialect.ts';

const header = suite('header of a page');

const columnsOf = (line: string) => dialectOf(Buffer.from(line), '\n').columns;

header('names the columns in order, whatever separates them', () => {
  for (const delimiter of [',', ';', '\t', '|'])
    assert.deepEqual(dialectOf(Buffer.from(['Id', 'Náme', 'Owner.id'].join(delimiter)), '\r'), {
      columns: ['Id', 'Náme', 'Owner.id'],
      delimiter,
      lineEnd: '\r',
    });
});

header('of a single column has commas, for all that one can tell', () => {
  assert.deepEqual(dialectOf(Buffer.from('Id'), '\n'), {columns: ['Id'], delimiter: ',', lineEnd: '\n'});
});

header('may have quotes around names', () => {
  assert.deepEqual(columnsOf('"Id","A ""b"""'), ['Id', 'A "b"']);
  assert.deepEqual(dialectOf(Buffer.from('"Id";"A"'), '\n').delimiter, ';');
});

header('may name the id again, but no other column', () => {
  assert.deepEqual(columnsOf('id,id,A'), ['id', 'id', 'A']);
  assert.deepEqual(columnsOf('Id,id,A,Id'), ['Id', 'id', 'A', 'Id']);
  assert.deepEqual(columnsOf('Id,ID,A'), ['Id', 'ID', 'A']);
});

for (const [what, line, why] of [
  ['is no UTF-8', Buffer.from('Id,\xff', 'latin1'), 'its header is not valid UTF-8'],
  ['is empty', '', 'its header is empty'],
  ['opens quotes and does not close them', 'Id,"A', 'its header has malformed quotes'],
  ['has something behind a closing quote', 'Id,"A"b', 'its header has malformed quotes'],
  ['has a column without a name', 'Id,,A', 'its header has a column without a name'],
  ['has a separator at its end', 'Id,A,', 'its header has a column without a name'],
  ['names a column twice', 'Id,A,B,A', 'its header names a column twice'],
] as const)
  header(`that ${what} is damaged`, () => {
    assert.throws(
      () => dialectOf(typeof line === 'string' ? Buffer.from(line) : line, '\n'),
      (error) => error instanceof ZohoError && error.kind === 'damaged' && error.message === `Cannot read the CSV file: ${why}`,
    );
  });

header('is not all that can be damaged', () => {
  const {kind, message} = damaged('row 1 has no end');
  assert.deepEqual([kind, message], ['damaged', 'Cannot read the CSV file: row 1 has no end']);
});

header.run();
