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
