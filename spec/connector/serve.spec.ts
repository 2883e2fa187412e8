import assert from 'node:assert/strict';
import {getEventListeners, once} from 'node:events';
import {PassThrough, Readable, Writable} from 'node:stream';
import {suite} from 'uvu';
import {parseResource} from '../../lib/config/config.ts';
import {type Handlers, serve} from '../../lib/connector/serve.ts';
import {ConfigError, ZohoError} from '../../lib/errors/errors.ts';
import {discoveredBindings} from '../../lib/flow/discover.ts';
import type {OpenRequest} from '../../lib/flow/protocol.ts';
import {sourcedSchema} from '../../lib/flow/sourced.ts';
import {specResponse} from '../../lib/flow/spec.ts';
import {bindingPatch} from '../../lib/flow/state.ts';
import {jsonLog} from '../../lib/platform/log.ts';
import {FlowSink} from '../../lib/sinks/flow.ts';
import {docsOf} from '../harness/blocks.ts';
import {replay, talk} from '../harness/conversation.ts';

const serving = suite('serve');

const id = '5725767000000524157';

/** A connector without Zoho: two modules, and a capture that says of each binding where it is and what it was given. */
const handlers: Handlers = {
  spec: () => specResponse,
  discover: async () => discoveredBindings([{name: 'Leads'}, {name: 'Deals'}]),
  validate: async ({bindings}) => bindings.map(({resourceConfig}) => [parseResource(resourceConfig).name]),
  apply: async () => '',
  async open({bindings, state}, output, signal) {
    const sink = new FlowSink(output, signal);
    for (const target of bindings) {
      await sink.describe(target, sourcedSchema([]));
      const doc = `{"id":${id},"Modified_Time":"2026-10-01T10:00:00Z","_meta":{"op":"u"}}`;
      const patch = bindingPatch(target.stateKey, {collection: target.collection, was: state});
      await sink.write({target, docs: docsOf([doc]), patch});
    }
    await sink.close();
  },
};

/** A capture that goes on until it is told to stop, and tells when it has begun. */
function endless(): {handlers: Handlers; begun: Promise<OpenRequest>} {
  const {promise: begun, resolve: begin} = Promise.withResolvers<OpenRequest>();
  const open: Handlers['open'] = (request, _output, signal) => {
    begin(request);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), {once: true}));
  };
  return {handlers: {...handlers, open}, begun};
}

const line = (message: unknown) => `${JSON.stringify(message)}\n`;

serving('answers spec, then discover, on one stdin, and ends with it', () => replay('discover', handlers));
serving('answers validate with paths in the order of the bindings', () => replay('validate', handlers));
serving('answers validate of linked collections', () => replay('validate-linked', handlers));
serving('answers apply with nothing done', () => replay('apply', handlers));
serving('answers spec, then opens, and passes documents on with the digits of their ids', () => replay('open', handlers));
serving('opens linked collections of several bindings, and ignores acknowledgements', () => replay('open-linked', handlers));
serving('opens a capture of whose request all defaults are left out', () => replay('open-defaults', handlers));

serving('ends at once when nothing is asked', async () => {
  assert.equal(await talk('', {handlers}), '');
  assert.equal(await talk('\n\n', {handlers}), '');
});

serving('answers each request before it reads the next', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const served = serve({input, output, handlers, log: () => {}, signal: new AbortController().signal});
  for (const kind of ['spec', 'discover', 'validate', 'apply', 'spec']) {
    input.write(line({[kind]: {}}));
    const [chunk] = await once(output, 'data');
    const [answered] = Object.keys(JSON.parse(String(chunk)));
    assert.equal(answered, {spec: 'spec', discover: 'discovered', validate: 'validated', apply: 'applied'}[kind]);
  }
  input.end();
  await served;
});

serving('goes on capturing when stdin ends after open, until it is told to stop', async () => {
  const stop = new AbortController();
  const {handlers, begun} = endless();
  let ended = false;
  const talked = talk(line({spec: {}}) + line({open: {}}), {handlers, signal: stop.signal}).finally(() => (ended = true));
  await begun;
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
  assert.equal(ended, false);
  stop.abort();
  const output = await talked;
  assert.ok(output.endsWith('\n{"opened":{"explicitAcknowledgements":false}}\n'));
});

serving('ends a capture that is done though stdin stays open', async () => {
  const input = new PassThrough();
  input.write(line({open: {capture: {bindings: []}}}));
  assert.equal(await talk(input, {handlers}), '{"opened":{"explicitAcknowledgements":false}}\n');
  assert.ok(input.destroyed);
});

serving('ends while it waits for a request, and while it answers one, when told to stop', async () => {
  const stop = new AbortController();
  const waiting = talk(new PassThrough(), {handlers, signal: stop.signal});
  const {promise: asked, resolve: ask} = Promise.withResolvers<void>();
  const slow: Handlers = {
    ...handlers,
    discover: (_config, signal) => {
      ask();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const answering = talk(line({discover: {}}), {handlers: slow, signal: stop.signal});
  await asked;
  stop.abort();
  assert.deepEqual(await Promise.all([waiting, answering]), ['', '']);
  assert.equal(await talk(line({spec: {}}), {handlers, signal: stop.signal}), '');
});

serving('leaves no half sequence when it is told to stop amid a page', async () => {
  const stop = new AbortController();
  const page = docsOf(Array.from({length: 200}, (_, i) => `{"id":${i + 1},"Modified_Time":"2026-10-01T10:00:00Z"}`));
  let written = 0;
  const writing: Handlers = {
    ...handlers,
    async open({bindings}, output, signal) {
      const sink = new FlowSink(output, signal);
      try {
        for (;;) {
          await sink.write({target: bindings[0]!, docs: page});
          if (++written === 20) stop.abort(new Error('stopped'));
        }
      } finally {
        await sink.close();
      }
    },
  };
  const output = await talk(line({open: {capture: {bindings: [{stateKey: 'Leads'}]}}}), {handlers: writing, signal: stop.signal});
  const kinds = output.split('\n').map((text) => (text === '' ? '' : Object.keys(JSON.parse(text))[0]));
  assert.equal(kinds.filter((kind) => kind === 'captured').length, 20 * 200);
  assert.deepEqual(kinds.slice(-2), ['checkpoint', '']);
});

serving('fails with what a handler says, as it says it', async () => {
  const reason = new ZohoError('credentials', 'The refresh token was revoked; authorize again');
  for (const kind of ['discover', 'validate', 'apply', 'open']) {
    const failing: Handlers = {...handlers, [kind]: () => Promise.reject(reason)};
    await assert.rejects(talk(line({[kind]: {}}), {handlers: failing}), (error) => error === reason);
  }
});

serving('fails with one readable line for a request that cannot be read, after it has answered those before', async () => {
  const output = new PassThrough();
  const input = Readable.from([Buffer.from('{"spec":{}}\n{"discover": S3CR3T}\n')]);
  const served = serve({input, output, handlers, log: () => {}, signal: new AbortController().signal});
  await assert.rejects(
    served,
    (error: unknown) =>
      error instanceof ConfigError && error.message === 'Cannot read request 2: its line of 20 characters is not JSON',
  );
  assert.match(String(output.read()), /^\{"spec":\{"protocol":3032023,.*\}\n$/);
});

serving('stops a capture that is sent anything but acknowledgements, and says what it was', async () => {
  for (const [sent, message] of [
    [line({spec: {}}), 'Cannot take a request of kind spec: a capture is open, which only takes acknowledge'],
    [line({open: {}}), 'Cannot take a request of kind open: a capture is open, which only takes acknowledge'],
    ['{"acknow\n', 'Cannot read request 3: its line of 8 characters is not JSON'],
  ] as const) {
    const {handlers} = endless();
    const input = `${line({open: {}})}${line({acknowledge: {checkpoints: 2}})}${sent}`;
    await assert.rejects(talk(input, {handlers}), (error: unknown) => error instanceof ConfigError && error.message === message);
  }
});

serving('fails for such a request also when the capture ends without a failure of its own', async () => {
  const open: Handlers['open'] = (_request, _output, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  await assert.rejects(talk(line({open: {}}) + line({spec: {}}), {handlers: {...handlers, open}}), {
    message: 'Cannot take a request of kind spec: a capture is open, which only takes acknowledge',
  });
});

serving('closes its input and leaves the signal alone, however it ends', async () => {
  const {signal} = new AbortController();
  for (const sent of [line({spec: {}}), 'no JSON\n']) {
    const input = new PassThrough();
    input.write(sent);
    const talked = talk(input, {handlers, signal}).catch(() => {});
    if (sent.startsWith('{')) input.end();
    await talked;
    assert.equal(input.destroyed, true);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
  const unread = new PassThrough();
  await talk(unread, {handlers, signal: AbortSignal.abort()});
  assert.equal(unread.destroyed, true);
});

serving('refuses acknowledgements when nothing is open', async () => {
  await assert.rejects(
    talk(line({acknowledge: {checkpoints: 1}}), {handlers}),
    (error: unknown) =>
      error instanceof ConfigError && error.message === 'Cannot take an acknowledge request: no capture is open',
  );
});

serving('fails when its output is gone, without an event that nobody awaits', async () => {
  const output = new Writable({write: (_chunk, _encoding, done) => done(new Error('write EPIPE'))});
  const input = Readable.from([Buffer.from(line({spec: {}}))]);
  await assert.rejects(serve({input, output, handlers, log: () => {}, signal: new AbortController().signal}), /EPIPE/);
});

serving('opens a capture whose request has 20 MiB', async () => {
  const writeSchema = {description: 'x'.repeat(10_000)};
  const bindings = Array.from({length: 2_200}, (_, i) => ({
    resourceConfig: {name: `Module_${i}`},
    collection: {name: `acmeCo/Module_${i}`, writeSchema, key: ['/id']},
    stateKey: `Module_${i}`,
  }));
  const sent = Buffer.from(line({open: {capture: {bindings}, range: {keyEnd: 4_294_967_295}}}));
  assert.ok(sent.length > 20 << 20);
  async function* pieces() {
    for (let at = 0; at < sent.length; at += 65_536) yield sent.subarray(at, at + 65_536);
  }
  let opened: OpenRequest | undefined;
  const open: Handlers['open'] = async (request) => void (opened = request);
  await talk(Readable.from(pieces()), {handlers: {...handlers, open}});
  assert.deepEqual(opened?.bindings.at(-1), {
    index: 2_199,
    resourceConfig: {name: 'Module_2199'},
    collection: 'acmeCo/Module_2199',
    key: ['/id'],
    stateKey: 'Module_2199',
  });
});

serving('logs what was asked, and nothing of what was in it', async () => {
  const logged: string[] = [];
  const log = jsonLog(
    (text) => logged.push(text),
    'debug',
    () => 0,
  );
  await talk(line({spec: {}}) + line({discover: {config: {credentials: {client_secret: 'S3CR3T'}}}}), {handlers, log});
  assert.deepEqual(logged, [
    '{"ts":"1970-01-01T00:00:00.000Z","level":"debug","message":"Request 1: spec"}\n',
    '{"ts":"1970-01-01T00:00:00.000Z","level":"debug","message":"Request 2: discover"}\n',
  ]);
});

serving.run();
