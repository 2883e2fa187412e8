/**
 * What Zoho's own TypeScript client sends and relies on, as seen on the wire (zoho-api sheet 10.8), replayed without it.
 *
 * To repeat it with the client itself: install `@zohocrm/typescript-sdk-8.0` (3.0.0) in a folder of its own, load the package's index
 * before any of its parts (they import each other in a circle), give it
 * `DataCenter.setEnvironment(url, `${url}/oauth/v2/token`, url)` and the sandbox's credentials through `OAuthBuilder`, and set
 * `autoRefreshFields(false)`. It lists modules and fields, queries, and runs a bulk read to the file without a change to either side.
 */
import assert from 'node:assert/strict';
import {unzipSync} from 'fflate';
import {suite} from 'uvu';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';

const client = suite<{sandbox: Sandbox; authorization: string}>('Official client');

client.before(async (context) => {
  context.sandbox = await startSandbox({records: 300});
  const {body} = await post(context.sandbox, '/oauth/v2/token', tokenForm(context.sandbox));
  context.authorization = `Zoho-oauthtoken ${body.access_token}`;
});

client.after(({sandbox}) => sandbox.close());

function tokenForm({credentials}: Sandbox): FormData {
  const form = new FormData();
  form.append('client_id', credentials.client_id);
  form.append('client_secret', credentials.client_secret);
  form.append('grant_type', 'refresh_token');
  form.append('refresh_token', credentials.refresh_token);
  return form;
}

async function post(
  {url}: Sandbox,
  path: string,
  body: FormData | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(url + path, {method: 'POST', body, headers});
  return {status: response.status, body: JSON.parse(await response.text())};
}

const bytes = (value: unknown) => Uint8Array.from(Buffer.from(JSON.stringify(value)));

async function get({url}: Sandbox, path: string, authorization: string) {
  const response = await fetch(url + path, {headers: {authorization}});
  return {response, body: JSON.parse(await response.text())};
}

client('gets its token by a multipart form, and the address to go on with', async ({sandbox}) => {
  const {status, body} = await post(sandbox, '/oauth/v2/token', tokenForm(sandbox));
  assert.equal(status, 200);
  assert.match(body.access_token, /^1000\./);
  assert.deepEqual([body.api_domain, body.token_type, body.expires_in], [sandbox.url, 'Bearer', 3_600]);
});

client('reads modules and fields with the parts that it keeps', async ({sandbox, authorization}) => {
  const {body} = await get(sandbox, '/crm/v8/settings/modules', authorization);
  const leads = body.modules.find(({api_name}: {api_name: string}) => api_name === 'Leads');
  assert.match(leads.id, /^\d+$/);
  assert.deepEqual([leads.api_supported, leads.generated_type], [true, 'default']);
  const fields = await get(sandbox, '/crm/v8/settings/fields?module=Leads', authorization);
  for (const {id, api_name, data_type, json_type} of fields.body.fields) {
    assert.match(id, /^\d+$/, api_name);
    assert.deepEqual([typeof data_type, typeof json_type], ['string', 'string'], api_name);
  }
});

client('queries without saying what its body is', async ({sandbox, authorization}) => {
  const query = 'select Last_Name, Owner, Modified_Time from Leads where id is not null limit 0, 2';
  const {status, body} = await post(sandbox, '/crm/v8/coql', bytes({select_query: query}), {authorization});
  assert.equal(status, 200);
  assert.deepEqual(body.info, {count: 2, more_records: true});
  for (const {id, Last_Name: name, Owner: owner, Modified_Time: time} of body.data) {
    assert.match(id, /^\d{18,19}$/);
    assert.equal(typeof name, 'string');
    assert.match(owner.id, /^\d+$/);
    assert.match(time, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/);
  }
  const refused = await post(sandbox, '/crm/v8/coql', bytes({select_query: 'select id from Leads'}), {authorization});
  assert.equal(refused.status, 400);
  assert.deepEqual(refused.body.details, {clause: 'where'});
});

client('runs a bulk read and finds the name of its file', async ({sandbox, authorization}) => {
  const headers = {authorization, 'content-type': 'application/json'};
  const query = {module: {api_name: 'Leads'}, fields: ['Last_Name', 'Modified_Time']};
  const created = await post(sandbox, '/crm/bulk/v8/read', bytes({query, file_type: 'csv'}), headers);
  assert.equal(created.status, 201);
  const {code, details} = created.body.data[0];
  assert.deepEqual([code, details.operation, typeof details.id], ['ADDED_SUCCESSFULLY', 'read', 'string']);
  const job = await completed(sandbox, details.id, authorization);
  assert.equal(job.id, details.id);
  assert.equal(job.query.module.api_name, 'Leads');
  assert.equal(job.result.download_url, `/crm/bulk/v8/read/${details.id}/result`);
  const file = await fetch(sandbox.url + job.result.download_url, {headers: {authorization}});
  assert.ok(
    ['application/zip', 'application/x-download', 'application/octet-stream'].includes(file.headers.get('content-type') ?? ''),
  );
  assert.equal(fileName(file.headers.get('content-disposition') ?? ''), `${details.id}.zip`);
  const entries = unzipSync(new Uint8Array(await file.arrayBuffer()));
  assert.deepEqual(Object.keys(entries), [`${details.id}.csv`]);
  const lines = new TextDecoder().decode(entries[`${details.id}.csv`]).trimEnd().split('\r\n');
  assert.deepEqual([lines[0], lines.length], ['Id,Last_Name,Modified_Time', job.result.count + 1]);
});

/** What singer-io's tap asks: the parameters that it puts on every call, and on from the token of the answer before. */
async function tapped(sandbox: Sandbox, authorization: string, module: string, batches: readonly string[]) {
  const merged = new Map<string, Record<string, unknown>>();
  const params = new URLSearchParams({per_page: '200', updated_since: '2026-01-01T00:00:00Z'});
  for (;;) {
    let info: {next_page_token: string | null} = {next_page_token: null};
    for (const fields of batches) {
      params.set('fields', fields);
      const {response, body} = await get(sandbox, `/crm/v8/${module}?${params}`, authorization);
      assert.equal(response.status, 200, JSON.stringify(body));
      for (const record of body.data) merged.set(record.id, {...merged.get(record.id), ...record});
      info = body.info;
    }
    if (!info.next_page_token) return merged;
    params.set('page_token', info.next_page_token);
  }
}

client("reads a module as singer-io's tap does: page by page, fifty fields at a time", async ({sandbox, authorization}) => {
  const {credentials, url} = sandbox;
  const query = new URLSearchParams({...credentials, grant_type: 'refresh_token'});
  const token = await fetch(`${url}/oauth/v2/token?${query}`, {method: 'POST', headers: {'content-type': 'application/json'}});
  assert.equal(JSON.parse(await token.text()).token_type, 'Bearer');
  const {body} = await get(sandbox, '/crm/v8/settings/fields?module=Leads', authorization);
  // Its own choice of fields: visible, shown, and not virtual. The key has to be among those listed.
  const chosen = body.fields.filter(
    ({visible, view_type, virtual_field}: {visible: boolean; view_type: {view: boolean}; virtual_field: boolean}) =>
      visible && view_type.view && !virtual_field,
  );
  const names: string[] = chosen.map(({api_name}: {api_name: string}) => api_name);
  assert.ok(names.includes('id') && names.includes('Modified_Time'));
  const batches = [names.slice(0, 20), names.slice(20)].map((batch) => batch.join(','));
  const records = await tapped(sandbox, authorization, 'Leads', batches);
  assert.equal(records.size, sandbox.org.module('Leads').count);
  for (const record of records.values()) assert.deepEqual(Object.keys(record).sort(), names.toSorted());
});

client('binds the token of a page to its module and a day', async ({sandbox, authorization}) => {
  const first = await get(sandbox, '/crm/v8/Leads?fields=Last_Name', authorization);
  const {next_page_token: token, page_token_expiry: expiry, more_records: more} = first.body.info;
  assert.ok(more && Date.parse(expiry) > Date.now() + 86_000_000);
  const codeOf = async (path: string) => (await get(sandbox, path, authorization)).body.code;
  assert.equal(await codeOf(`/crm/v8/Contacts?fields=Last_Name&page_token=${token}`), 'TOKEN_BOUND_DATA_MISMATCH');
  assert.equal(await codeOf(`/crm/v8/Leads?fields=Last_Name&page=2&page_token=${token}`), 'AMBIGUITY_DURING_PROCESSING');
  const latest = await get(
    sandbox,
    '/crm/v8/Leads?fields=Modified_Time&sort_by=Modified_Time&sort_order=desc&per_page=5',
    authorization,
  );
  const times = latest.body.data.map(({Modified_Time}: {Modified_Time: string}) => Date.parse(Modified_Time));
  assert.deepEqual(
    times,
    times.toSorted((a: number, b: number) => b - a),
  );
});

client('answers the queries of the older connector, on its later pages, too', async ({sandbox, authorization}) => {
  const from = "SELECT Last_Name, id, Modified_Time FROM Leads WHERE Modified_Time >= '2026-01-01T00:00:00Z'";
  const until = "AND Modified_Time < '2099-01-01T00:00:00Z'";
  const order = 'ORDER BY Modified_Time ASC, id ASC LIMIT 200';
  const ask = async (text: string) => (await post(sandbox, '/crm/v8/coql', bytes({select_query: text}), {authorization})).body;
  const first = await ask(`${from} ${until} ${order}`);
  assert.equal(first.data.length, 200);
  const {id, Modified_Time: time} = first.data.at(-1);
  const second = await ask(
    `${from.replace('2026-01-01T00:00:00Z', time)} ${until} AND (Modified_Time > '${time}' OR id > ${id}) ${order}`,
  );
  assert.ok(second.data.length > 0, JSON.stringify(second));
});

async function completed(sandbox: Sandbox, id: string, authorization: string) {
  for (let i = 0; i < 10; i++) {
    const {body} = await get(sandbox, `/crm/bulk/v8/read/${id}`, authorization);
    if (body.data[0].state === 'COMPLETED') return body.data[0];
  }
  return assert.fail(`job ${id} is not completed after 10 looks`);
}

/** Reads a file's name as the client does: what follows the last quote of `filename*=UTF-8''name`, or stands in double quotes. */
function fileName(disposition: string): string {
  if (disposition.includes("'")) return disposition.slice(disposition.lastIndexOf("'") + 1);
  return disposition.slice(disposition.lastIndexOf('=') + 1).replaceAll('"', '');
}

client.run();
