/** A session: which bindings its shard captures, and how it begins. */
import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {suite} from 'uvu';
import {bindingsOfShard, runSession} from '../../lib/connector/open.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {OpenBinding} from '../../lib/flow/protocol.ts';
import {fnv1a32} from '../../lib/flow/shard.ts';
import {settled} from '../harness/clocks.ts';
import {config, connectorOf} from './zoho.ts';

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

const session = suite('session');

/** A session of these bindings; it is told to stop when its capture asks for fields, or logs `until`. */
async function run(given: readonly OpenBinding[], scopes: () => undefined, more: {until?: string; config?: object} = {}) {
  const stop = new AbortController();
  let captured = 0;
  const connector = connectorOf(
    {},
    {
      scopes: async () => scopes(),
      async fields() {
        captured++;
        stop.abort();
        throw stop.signal.reason;
      },
    },
  );
  const {log} = connector.options;
  const options = {
    ...connector.options,
    log(...[level, message, about]: Parameters<typeof log>) {
      log(level, message, about);
      if (message === more.until) void settled().then(() => stop.abort());
    },
  };
  const request = {kind: 'open', name: 'acme/zoho', config, bindings: given, range: whole, state: {}, ...more} as const;
  await runSession(request, new PassThrough(), options, stop.signal);
  return {...connector, captured, isStopped: stop.signal.aborted};
}

session('captures once Zoho can be reached, and says in the status what it waits for', async () => {
  let tries = 0;
  const {logged, captured, open} = await run(bindings.slice(0, 1), () => {
    if (++tries < 3) throw new ZohoError('unavailable', 'Zoho is down');
  });
  assert.deepEqual(
    logged.filter((line) => /^info: (?:Waiting|Capture started)/.test(line)),
    [...Array(2).fill('info: Waiting for Zoho: Zoho is down'), ...Array(2).fill('info: Capture started.')],
  );
  assert.deepEqual([tries, captured, open()], [3, 1, 0]);
});

session('ends for a failure that waiting does not help', async () => {
  const refused = run(bindings.slice(0, 1), () => {
    throw new ZohoError('credentials', 'no');
  });
  await assert.rejects(refused, {kind: 'credentials'});
  const ahead = {...config, start_date: '2026-01-01T00:00:01Z'};
  await assert.rejects(
    run(bindings, () => undefined, {config: ahead}),
    {message: /is in the future/},
  );
});

session('without bindings idles, asks Zoho nothing, and says so in the status', async () => {
  const until = 'Capture started. No bindings are enabled.';
  const {logged, captured, asked, isStopped} = await run([], () => assert.fail('asked'), {until});
  assert.deepEqual([logged, captured, asked], [[`info: ${until}`], 0, []]);
  assert.equal(isStopped, true, 'it did not end by itself');
});

session('says in the status why calls are on hold, and how far it is when they go on', async () => {
  const {made, logged} = await run(bindings, () => undefined);
  const {onHold, waitMaxMs} = made[0]!;
  const before = logged.length;
  onHold?.('Zoho asks for fewer calls');
  onHold?.(undefined);
  assert.deepEqual(logged.slice(before), ['info: Zoho asks for fewer calls', 'info: Capture started.']);
  assert.equal(waitMaxMs, undefined, 'as long as it takes');
});

session.run();
