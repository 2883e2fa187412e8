import assert from 'node:assert/strict';
import {strToU8, zipSync} from 'fflate';
import {suite} from 'uvu';
import {type FaultName, faultList, faultNames} from '../../lib/sandbox/fault-list.ts';
import {bodyOf} from '../../lib/sandbox/fault-parts.ts';
import {Faults, InvalidFault, parseFault} from '../../lib/sandbox/faults.ts';
import {type Answer, json, type SandboxRequest} from '../../lib/sandbox/request.ts';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';
import {request} from './request-of.ts';

const faults = suite('Faults');

const rows = Array.from({length: 40}, (_, i) => `57257670000005241${i},Lee,2026-10-01T00:00:00Z`);
const archive = (lines: readonly string[]) =>
  Buffer.from(zipSync({'55.csv': strToU8(['Id,Name,Modified_Time', ...lines, ''].join('\r\n'))}, {level: 0}));
const file = archive(rows);
const within = (at: number, share: number) => at >= file.length * share && at < file.length * (1 - share);

/** A call that every fault of its kind can spoil. */
function callOf(kind: SandboxRequest['kind']): SandboxRequest {
  if (kind === 'create') {
    const query = {module: {api_name: 'Leads'}, fields: ['id', 'Modified_Time', 'Phone'], page_token: 'tok'};
    return request({kind, path: '/crm/bulk/v8/read', body: Buffer.from(JSON.stringify({query}))});
  }
  const select = 'select id, Phone, Modified_Time from Leads where id is not null limit 0, 200';
  if (kind === 'coql') return request({kind, path: '/crm/v8/coql', body: Buffer.from(JSON.stringify({select_query: select}))});
  if (kind === 'status') return request({kind, path: '/crm/bulk/v8/read/55'});
  if (kind === 'result') return request({kind, path: '/crm/bulk/v8/read/55/result'});
  return request({kind, path: `/${kind}`, ...(kind === 'fields' && {module: 'Leads'})});
}

/** Zoho's answer to it, unspoiled. */
function sound({kind}: SandboxRequest): Answer {
  if (kind === 'result') return {status: 200, headers: {'content-type': 'application/zip'}, body: inTwo(file)};
  const result = {count: 10, download_url: '/crm/bulk/v8/read/55/result', more_records: false};
  if (kind === 'status') return json(200, {data: [{id: '55', state: 'COMPLETED', result}]});
  return json(200, {data: [{id: '1', name: 'x'}], info: {count: 1, more_records: false}});
}

async function* inTwo(content: Buffer) {
  yield content.subarray(0, 40);
  yield content.subarray(40);
}

const send = (to: Faults, call: SandboxRequest) => to.layer(call, async (each) => sound(each));

/** What a fault makes of the first kind of call that it spoils: status, body and what happens on the wire. */
async function spoiled(name: FaultName) {
  const all = new Faults(7);
  all.add(name);
  const [kind = 'other'] = faultList[name].kinds;
  const answer = await send(all, callOf(kind));
  assert.equal(all.hits(name), 1);
  return {answer, body: await bodyOf(answer)};
}

const codeOf = async (name: FaultName) => {
  const {answer, body} = await spoiled(name);
  return [answer.status, JSON.parse(body.toString()).code];
};

faults('spoil every kind of call that they say, once', async () => {
  for (const name of faultNames) {
    for (const kind of faultList[name].kinds) {
      const all = new Faults();
      all.add({name, kind});
      const call = callOf(kind);
      const before = JSON.stringify([sound(call).status, (await bodyOf(sound(call))).toString('latin1')]);
      const {wire, status, ...rest} = await send(all, call);
      const after = JSON.stringify([status, (await bodyOf({status, ...rest})).toString('latin1')]);
      assert.ok(wire !== undefined || before !== after, `${name} leaves ${kind} as it was`);
      assert.equal(all.hits(), 1, `${name}:${kind}`);
    }
  }
});

faults('leave all other calls alone', async () => {
  const all = new Faults();
  all.add('throttle:coql*2');
  const statuses = [];
  for (const kind of ['fields', 'coql', 'admin', 'coql', 'coql'] as const) statuses.push((await send(all, callOf(kind))).status);
  assert.deepEqual(statuses, [200, 429, 200, 429, 200]);
  assert.deepEqual(all.reading(), [{name: 'throttle', kind: 'coql', count: 2, hits: 2}]);
});

faults('answer as Zoho does', async () => {
  assert.deepEqual(await codeOf('throttle'), [429, 'TOO_MANY_REQUESTS']);
  assert.deepEqual(await codeOf('error-500'), [500, 'INTERNAL_ERROR']);
  assert.deepEqual(await codeOf('invalid-token'), [401, 'INVALID_TOKEN']);
  assert.deepEqual(await codeOf('scope-mismatch'), [401, 'OAUTH_SCOPE_MISMATCH']);
  assert.deepEqual(await codeOf('no-permission'), [403, 'NO_PERMISSION']);
  assert.deepEqual(await codeOf('page-token-expired'), [400, 'EXPIRED_VALUE']);
  assert.deepEqual(await codeOf('syntax-error'), [400, 'SYNTAX_ERROR']);
  assert.deepEqual(await codeOf('refused-feed'), [400, 'PATTERN_NOT_MATCHED']);
  assert.deepEqual(await codeOf('not-ready'), [404, 'RESOURCE_NOT_FOUND']);
  assert.deepEqual(await codeOf('lost-job'), [404, 'RESOURCE_NOT_FOUND']);
  assert.deepEqual(await codeOf('refused-field'), [400, 'FIELD_NOT_SUPPORTED']);
  assert.deepEqual((await spoiled('throttle')).answer.headers?.['retry-after'], undefined);
  assert.deepEqual((await spoiled('throttle-after')).answer.headers?.['retry-after'], '1');
  const revoked = await spoiled('token-revoked');
  assert.deepEqual([revoked.answer.status, revoked.body.toString()], [200, '{"error":"invalid_code"}']);
  const refused = await spoiled('token-throttle');
  assert.deepEqual([refused.answer.status, JSON.parse(refused.body.toString()).error], [400, 'Access Denied']);
  const page = await spoiled('html-502');
  assert.deepEqual([page.answer.status, page.answer.headers], [502, {'content-type': 'text/html'}]);
});

faults('refuse only fields that the call asked for, never those that every capture needs', async () => {
  for (const kind of ['create', 'coql'] as const) {
    const all = new Faults();
    all.add({name: 'refused-field', kind});
    const {details} = JSON.parse(String((await send(all, callOf(kind))).body));
    assert.deepEqual(details, kind === 'coql' ? {column_name: 'Phone'} : {api_name: 'Phone'});
  }
});

faults('cut, flip and stop bodies inside their middle half', async () => {
  const short = await spoiled('short');
  assert.deepEqual(short.body, file);
  assert.ok(within(short.answer.wire?.endAt ?? 0, 0.25));
  const announced = await spoiled('short-announced');
  assert.ok(within(announced.body.length, 0.25));
  assert.deepEqual(announced.body, file.subarray(0, announced.body.length));
  assert.equal(announced.answer.wire, undefined);
  const chunked = await spoiled('short-chunked');
  assert.ok(within(chunked.body.length, 0.25) && !(chunked.answer.body instanceof Uint8Array));
  const {body} = await spoiled('corrupt');
  const changed = [...body].flatMap((byte, i) => (byte === file[i] ? [] : [(byte ^ (file[i] ?? 0)).toString(2)]));
  assert.equal(changed.length, 1);
  assert.equal(changed[0]?.replaceAll('0', ''), '1', 'one bit');
  assert.equal(typeof (await spoiled('reset-body')).answer.wire?.resetAt, 'number');
  assert.equal(typeof (await spoiled('stall-body')).answer.wire?.stallAt, 'number');
});

faults('spoil the result of a job where Zoho tells of it', async () => {
  const jobOf = async (name: FaultName) => JSON.parse((await spoiled(name)).body.toString()).data[0];
  assert.equal((await jobOf('job-failure')).state, 'FAILURE');
  assert.deepEqual(await jobOf('unknown-state'), {id: '55', state: 'PAUSED'});
  assert.equal((await jobOf('wrong-count')).result.count, 11);
  assert.deepEqual(await jobOf('no-result'), {id: '55', state: 'COMPLETED'});
  assert.equal((await jobOf('foreign-url')).result.download_url, 'https://files.invalid/crm/bulk/v8/read/55/result');
});

faults('keep a lost job lost, with its file, and no other job', async () => {
  const all = new Faults();
  all.add('lost-job');
  const other = request({kind: 'status', path: '/crm/bulk/v8/read/56'});
  const statuses = [];
  for (const call of [callOf('status'), callOf('status'), callOf('result'), other]) statuses.push((await send(all, call)).status);
  assert.deepEqual(statuses, [404, 404, 404, 200]);
  all.clear();
  assert.equal((await send(all, callOf('status'))).status, 200);
});

faults('hold a stalled call until its caller leaves', async () => {
  const all = new Faults();
  all.add('stall');
  const {promise, resolve} = Promise.withResolvers<void>();
  let answered = false;
  const answer = send(all, {...callOf('coql'), done: promise}).then(() => (answered = true));
  await new Promise(setImmediate);
  assert.equal(answered, false);
  resolve();
  await answer;
});

faults('keep to a module where one is named', async () => {
  const all = new Faults();
  all.add('refused-module/Leads@1');
  const deals = Buffer.from('{"select_query":"select id from Deals where id is not null"}');
  const statuses = [];
  for (const call of [callOf('coql'), callOf('create'), callOf('fields'), {...callOf('coql'), body: deals}]) {
    statuses.push((await send(all, call)).status);
  }
  assert.deepEqual(statuses, [400, 400, 400, 200]);
});

faults('fall by a seeded die, as often as its probability says', async () => {
  const series = async (seed: number) => {
    const all = new Faults(seed);
    all.add('error-500@0.2');
    const hit: boolean[] = [];
    for (let i = 0; i < 1_000; i++) hit.push((await send(all, callOf('coql'))).status === 500);
    return hit;
  };
  const first = await series(1);
  assert.deepEqual(first, await series(1));
  assert.notDeepEqual(first, await series(2));
  const share = first.filter((hit) => hit).length;
  assert.ok(share > 150 && share < 250, `${share} of 1000`);
});

faults('spare a call that has nothing to spoil, and wait for the next', async () => {
  const all = new Faults();
  all.add('page-token-expired');
  all.add('truncated:coql');
  const first = request({kind: 'create', body: Buffer.from('{"query":{"module":{"api_name":"Leads"}}}')});
  assert.equal((await send(all, first)).status, 200);
  assert.equal((await all.layer(callOf('coql'), async () => ({status: 204}))).status, 204);
  assert.equal(all.hits(), 0);
  assert.equal((await send(all, callOf('create'))).status, 400);
});

faults('are ordered by a line of text', () => {
  assert.deepEqual(parseFault('reset'), {name: 'reset'});
  assert.deepEqual(parseFault('throttle:coql/Leads*3@0.5'), {
    name: 'throttle',
    kind: 'coql',
    module: 'Leads',
    count: 3,
    probability: 0.5,
  });
  const refused = (text: string, message: RegExp) =>
    assert.throws(
      () => parseFault(text),
      (error) => error instanceof InvalidFault && message.test(error.message),
    );
  refused('rest', /Cannot order fault "rest": .*a name of throttle, /);
  refused('reset:cql', /no kind of call "cql", want one of token, modules/);
  refused('reset:admin', /no kind of call "admin"/);
  refused('reset@1.5', /probability lies between 0 and 1/);
  refused('reset*x', /Cannot order fault "reset\*x"/);
});

/** What a caller sees of a spoiled download: the bytes that arrived, and how the body ended. */
async function download(sandbox: Sandbox, authorization: string, path: string, signal?: AbortSignal) {
  const response = await fetch(sandbox.url + path, {headers: {authorization}, signal}).catch(() => undefined);
  if (!response?.body) return {length: undefined, bytes: 0, ended: 'before headers'};
  let bytes = 0;
  const announced = response.headers.get('content-length');
  const length = announced === null ? undefined : Number(announced);
  try {
    for await (const chunk of response.body) bytes += chunk.length;
    return {length, bytes, ended: 'well'};
  } catch {
    return {length, bytes, ended: signal?.aborted ? 'by the caller' : 'inside'};
  }
}

faults('show on the wire as what they are', async () => {
  const sandbox = await startSandbox({records: 2_000});
  try {
    const authorization = await signIn(sandbox);
    const path = await exported(sandbox, authorization);
    const whole = await download(sandbox, authorization, path);
    assert.equal(whole.ended, 'well');
    const spoiled = async (name: FaultName) => {
      sandbox.faults.add({name, kind: 'result'});
      return download(sandbox, authorization, path, name.startsWith('stall') ? AbortSignal.timeout(50) : undefined);
    };
    assert.equal((await spoiled('reset')).ended, 'before headers');
    assert.equal((await spoiled('lost-answer')).ended, 'before headers');
    assert.equal((await spoiled('stall')).ended, 'before headers');
    for (const name of ['reset-body', 'short', 'stall-body'] as const) {
      const {length, bytes, ended} = await spoiled(name);
      assert.equal(ended, name === 'stall-body' ? 'by the caller' : 'inside', name);
      assert.equal(length, whole.bytes, name);
      assert.ok(bytes > 0 && bytes < whole.bytes, name);
    }
    const announced = await spoiled('short-announced');
    assert.deepEqual([announced.ended, announced.length], ['well', announced.bytes]);
    assert.ok(announced.bytes < whole.bytes);
    const chunked = await spoiled('short-chunked');
    assert.deepEqual([chunked.ended, chunked.length], ['well', undefined]);
    assert.ok(chunked.bytes < whole.bytes);
    const corrupt = await spoiled('corrupt');
    assert.deepEqual([corrupt.ended, corrupt.bytes], ['well', whole.bytes]);
    assert.equal(sandbox.faults.hits(), 9);
    assert.deepEqual(sandbox.failures, []);
  } finally {
    await sandbox.close();
  }
});

faults('that drip take their time and lose nothing', async () => {
  const sandbox = await startSandbox({records: 10});
  try {
    sandbox.faults.add('drip:token');
    assert.match(await signIn(sandbox), /^Zoho-oauthtoken 1000\./);
    assert.equal(sandbox.faults.hits('drip'), 1);
  } finally {
    await sandbox.close();
  }
});

async function signIn({url, credentials}: Sandbox): Promise<string> {
  const body = new URLSearchParams({...credentials, grant_type: 'refresh_token'});
  const response = await fetch(`${url}/oauth/v2/token`, {method: 'POST', body});
  return `Zoho-oauthtoken ${JSON.parse(await response.text()).access_token}`;
}

/** Exports the module Leads; the path of its file. */
async function exported({url, switch: change}: Sandbox, authorization: string): Promise<string> {
  change({downloadsPerMinute: 100});
  const headers = {authorization, 'content-type': 'application/json'};
  const body = JSON.stringify({query: {module: {api_name: 'Leads'}, fields: ['Last_Name', 'Company', 'Modified_Time']}});
  const response = await fetch(`${url}/crm/bulk/v8/read`, {method: 'POST', headers, body});
  const {id} = JSON.parse(await response.text()).data[0].details;
  const status = await fetch(`${url}/crm/bulk/v8/read/${id}`, {headers});
  return JSON.parse(await status.text()).data[0].result.download_url;
}

faults.run();
