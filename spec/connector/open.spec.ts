/** Which bindings of a request a shard captures. Whole sessions are in `handlers.spec.ts`. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {bindingsOfShard} from '../../lib/connector/open.ts';
import type {OpenBinding} from '../../lib/flow/protocol.ts';
import {fnv1a32} from '../../lib/flow/shard.ts';

const shard = suite('bindings of a shard');

const bindings: OpenBinding[] = ['Leads', 'Deals', 'Links'].map((name, index) => ({
  index,
  resourceConfig: {name, interval: 'PT7M'},
  collection: `acme/${name}`,
  key: name === 'Links' ? ['/_meta/row_id'] : ['/id'],
  stateKey: name,
}));

const whole = {keyBegin: 0, keyEnd: 4_294_967_295};

function of(range: typeof whole, given = bindings) {
  const logged: unknown[] = [];
  const own = bindingsOfShard({bindings: given, range}, (...line) => void logged.push(line));
  return {own, logged};
}

shard('are all of them in the whole range, each with its resource, and as a snapshot where its key is that of one', () => {
  const {own, logged} = of(whole);
  assert.deepEqual(
    own.map(({target, resource, snapshot}) => [target.index, resource.name, resource.intervalMs, snapshot]),
    [
      [0, 'Leads', 420_000, false],
      [1, 'Deals', 420_000, false],
      [2, 'Links', 420_000, true],
    ],
  );
  assert.equal(own[1]?.progress.name, 'Deals');
  assert.deepEqual(logged, []);
});

shard('are those whose keys are in its range, which is logged', () => {
  const key = fnv1a32('Deals');
  const range = {keyBegin: key, keyEnd: key};
  const {own, logged} = of(range);
  assert.deepEqual(
    own.map(({target, resource}) => [target.collection, resource.name]),
    [['acme/Deals', 'Deals']],
  );
  assert.deepEqual(logged, [['info', 'This shard runs 1 of 3 bindings', {range}]]);
});

shard('are refused when the resource of any is wrong, whoever runs it', () => {
  const wrong = [...bindings, {...bindings[0]!, resourceConfig: {}, stateKey: 'other'}];
  const key = fnv1a32('Deals');
  assert.throws(() => of({keyBegin: key, keyEnd: key}, wrong), {name: 'ConfigError', message: /name is missing/});
});

shard.run();
