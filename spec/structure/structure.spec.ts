import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {drawn} from './draw.ts';
import {importsOfLib, root} from './imports.ts';
import {circles, forbidden} from './rules.ts';

const structure = suite('structure of lib');
const imports = await importsOfLib();

structure('no import runs back up', () => {
  assert.equal(forbidden(imports), []);
});

structure('no files import one another in a circle, types included', () => {
  assert.equal(circles(imports), []);
});

structure('the rules notice an import that runs up, a forbidden one, a folder they do not know, and a circle', () => {
  assert.equal(forbidden([{from: 'records/rows.ts', to: 'flow/state.ts'}]), [
    'records/rows.ts imports flow/state.ts, which is not in a lower layer',
  ]);
  assert.is(forbidden([{from: 'sandbox/server.ts', to: 'errors/errors.ts'}]).length, 1);
  assert.is(forbidden([{from: 'cellar/box.ts', to: 'errors/errors.ts'}]).length, 1);
  assert.equal(
    circles([
      {from: 'a.ts', to: 'b.ts'},
      {from: 'b.ts', to: 'a.ts'},
    ]),
    ['a.ts -> b.ts -> a.ts'],
  );
});

structure('the picture in ARCHITECTURE.md is that of the code', async () => {
  const text = await readFile(`${root}ARCHITECTURE.md`, 'utf8');
  assert.is(text, drawn(text, imports), 'run npm run draw');
});

structure.run();
