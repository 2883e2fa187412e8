/** Flow's requests, each answered by its own part of the connector. */
import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {suite} from 'uvu';
// Loaded here so that no case takes the time that it takes to load them.
import '../../lib/connector/discover.ts';
import {connectorHandlers} from '../../lib/connector/handlers.ts';
import '../../lib/connector/open.ts';
import {specResponse} from '../../lib/flow/spec.ts';
import {config, connectorOf, dated} from './zoho.ts';

const handlers = suite('handlers');
const {signal} = new AbortController();

handlers('answer spec and apply without a client or a usable config', async () => {
  const {options, made} = connectorOf({});
  const {spec, apply} = connectorHandlers(options);
  assert.equal(spec(), specResponse);
  assert.equal(await apply(signal), '');
  assert.deepEqual(made, []);
});

handlers('discover modules, and validate their bindings', async () => {
  const {discover, validate} = connectorHandlers(connectorOf({Tasks: dated, Leads: dated}).options);
  assert.deepEqual(
    (await discover(config, signal)).map(({recommendedName}) => recommendedName),
    ['Leads', 'Tasks'],
  );
  const bindings = [{resourceConfig: {name: 'Tasks'}, collection: 'a/b', key: ['/id']}];
  assert.deepEqual(await validate({kind: 'validate', config, bindings}, signal), [['Tasks']]);
});

handlers('open a session that goes on until it is told to stop', async () => {
  const {options, logged, open} = connectorOf({});
  const stop = new AbortController();
  const range = {keyBegin: 0, keyEnd: 1};
  const request = {kind: 'open', name: 'acme/zoho', config, bindings: [], range, state: {}} as const;
  const running = connectorHandlers(options).open(request, new PassThrough(), stop.signal);
  while (logged.length === 0) await new Promise(setImmediate);
  stop.abort();
  await running;
  assert.deepEqual([logged, open()], [['info: Capture started. No bindings are enabled.'], 0]);
});

handlers.run();
