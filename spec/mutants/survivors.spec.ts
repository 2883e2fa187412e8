import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {suite} from 'uvu';
import {reasonFor, staleReasons} from './survivors.ts';

const survivors = suite('reasons of mutants that live');

survivors('name lines that are there', () => {
  assert.deepEqual(staleReasons(), []);
});

survivors('are found by a part of the line, the first that fits', () => {
  const file = 'lib/flow/shard.ts';
  const at = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    .split('\n')
    .findIndex((line) => line.startsWith('export'));
  const reasons = {
    [file]: [
      ['export', 'first'],
      ['', 'second'],
    ] as const,
  };
  assert.equal(reasonFor({file, line: at + 1}, reasons), 'first');
  assert.equal(reasonFor({file, line: 1}, reasons), 'second');
  assert.equal(reasonFor({file: 'lib/flow/state.ts', line: 1}, reasons), undefined);
});

survivors('whose line or file is gone are told', () => {
  assert.deepEqual(staleReasons({'lib/flow/shard.ts': [['no such line', 'any']]}), ['lib/flow/shard.ts: no such line']);
  assert.deepEqual(staleReasons({'lib/flow/gone.ts': [['', 'any']]}), ['lib/flow/gone.ts: ']);
});

survivors.run();
