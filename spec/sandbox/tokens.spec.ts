import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {allScopes} from '../../lib/sandbox/tokens.ts';
import {Caller, withSandbox} from './caller.ts';

const tokens = suite('Tokens');

tokens('buys an access token for an hour', async () => {
  await withSandbox({}, async (caller, {url}) => {
    const {status, body} = await caller.token();
    const {access_token: token, ...rest} = body;
    assert.match(token, /^1000\.\S+$/);
    assert.deepEqual(
      [status, rest],
      [200, {scope: allScopes.join(' '), api_domain: url, token_type: 'Bearer', expires_in: 3_600}],
    );
  });
});

tokens('takes fields from a form, several parts or the query', async () => {
  await withSandbox({}, async (_, {url, credentials}) => {
    const fields = {grant_type: 'refresh_token', ...credentials};
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const [query, body] of [
      [new URLSearchParams(fields), undefined],
      [new URLSearchParams(), form],
      [new URLSearchParams(), new URLSearchParams(fields)],
    ] as const) {
      const response = await fetch(`${url}/oauth/v2/token?${query}`, {method: 'POST', ...(body && {body})});
      assert.ok('access_token' in Object(await response.json()));
    }
  });
});

tokens('refuses with status 200 and a word', async () => {
  await withSandbox({}, async (caller, sandbox) => {
    const error = async (fields: Record<string, string>) => {
      const {status, body} = await caller.token(fields);
      return [status, body];
    };
    assert.deepEqual(await error({client_id: 'x'}), [200, {error: 'invalid_client'}]);
    assert.deepEqual(await error({client_secret: 'x'}), [200, {error: 'invalid_client_secret'}]);
    assert.deepEqual(await error({refresh_token: 'x'}), [200, {error: 'invalid_code'}]);
    sandbox.tokens.revoke();
    assert.deepEqual(await error({}), [200, {error: 'invalid_code'}]);
  });
});

tokens('refuses the eleventh within ten minutes', async () => {
  for (const throttleStatus of [400, 200] as const) {
    await withSandbox({switches: {throttleStatus}}, async (caller, {clock}) => {
      for (let i = 0; i < 10; i += 1) {
        assert.ok('access_token' in (await caller.token()).body);
        clock.advance(1_000);
      }
      const {status, body} = await caller.token();
      assert.deepEqual([status, body.error, body.status], [throttleStatus, 'Access Denied', 'failure']);
      clock.advance(589_000);
      assert.equal((await caller.token()).body.error, 'Access Denied');
      clock.advance(1_000);
      assert.ok('access_token' in (await caller.token()).body);
    });
  }
});

tokens('ends a token after its life, and the oldest of more than ten', async () => {
  await withSandbox({switches: {tokensPerWindow: 100}}, async (caller, {clock}) => {
    assert.equal((await caller.call('/crm/v8/org')).status, 200);
    clock.advance(3_599_000);
    assert.equal((await caller.call('/crm/v8/org')).status, 200);
    clock.advance(1_000);
    const {status, body} = await caller.call('/crm/v8/org');
    assert.deepEqual(
      [status, body],
      [401, {code: 'INVALID_TOKEN', details: {}, message: 'invalid oauth token', status: 'error'}],
    );
    const second = caller.renewed();
    assert.equal((await second.call('/crm/v8/org')).status, 200);
    for (let i = 0; i < 9; i += 1) await caller.token();
    assert.equal((await second.call('/crm/v8/org')).status, 200);
    await caller.token();
    assert.equal((await second.call('/crm/v8/org')).status, 401);
  });
});

tokens('takes either word before the token, and no other', async () => {
  await withSandbox({}, async (caller, {url}) => {
    const {access_token: token} = (await caller.token()).body;
    const statuses = [];
    for (const authorization of [`Zoho-oauthtoken ${token}`, `Bearer ${token}`, `Basic ${token}`, token]) {
      statuses.push((await fetch(`${url}/crm/v8/org`, {headers: {authorization}})).status);
    }
    assert.deepEqual([...statuses, (await fetch(`${url}/crm/v8/org`)).status], [200, 200, 401, 401, 401]);
  });
});

tokens('gives its life in milliseconds, as some clients got it', async () => {
  await withSandbox(
    {switches: {expiresIn: 'milliseconds', scopeInAnswer: false, apiDomain: 'https://www.zohoapis.eu'}},
    async (caller) => {
      const {body} = await caller.token();
      assert.deepEqual(
        [body.expires_in, body.expires_in_sec, body.scope, body.api_domain],
        [3_600_000, 3_600, undefined, 'https://www.zohoapis.eu'],
      );
    },
  );
});

tokens('exchanges a grant code once, within two minutes', async () => {
  await withSandbox({}, async (caller, sandbox) => {
    const exchange = async (code: string) => (await caller.token({grant_type: 'authorization_code', code})).body;
    const code = sandbox.tokens.grant(['ZohoCRM.modules.ALL']);
    const {refresh_token: refresh, scope} = await exchange(code);
    assert.equal(scope, 'ZohoCRM.modules.ALL');
    assert.ok('access_token' in (await caller.token({refresh_token: refresh})).body);
    assert.deepEqual(await exchange(code), {error: 'invalid_code'});
    const late = sandbox.tokens.grant();
    sandbox.clock.advance(120_000);
    assert.deepEqual(await exchange(late), {error: 'invalid_code'});
  });
});

const paths: Readonly<Record<string, readonly [string, string, unknown?]>> = {
  modules: ['GET', '/crm/v8/settings/modules'],
  fields: ['GET', '/crm/v8/settings/fields?module=Leads'],
  bulk: ['POST', '/crm/bulk/v8/read', {query: {module: {api_name: 'Leads'}, fields: ['Last_Name']}}],
  coql: ['POST', '/crm/v8/coql', {select_query: 'select id from Leads where id is not null limit 0, 1'}],
  deleted: ['GET', '/crm/v8/Leads/deleted'],
};

tokens('let in only what their scopes allow', async () => {
  await withSandbox({switches: {tokensPerWindow: 100}}, async (_, sandbox) => {
    const refused = async (scopes: readonly string[]) => {
      sandbox.tokens.setScopes(scopes);
      const caller = new Caller(sandbox);
      const found: string[] = [];
      for (const [name, [method, path, body]] of Object.entries(paths)) {
        const reply = await caller.call(path, {method, body});
        if (reply.status === 401) found.push(`${name} ${reply.body.code}`);
      }
      return found.map((text) => text.replace(' OAUTH_SCOPE_MISMATCH', ''));
    };
    const without = (scope: string) => refused(allScopes.filter((each) => each !== scope));
    assert.deepEqual(await refused(allScopes), []);
    assert.deepEqual(
      await refused(['ZohoCRM.bulk.ALL', 'ZohoCRM.coql.READ', 'ZohoCRM.modules.leads.READ', 'ZohoCRM.settings.ALL']),
      [],
    );
    assert.deepEqual(await without('ZohoCRM.bulk.READ'), ['bulk']);
    assert.deepEqual(await without('ZohoCRM.coql.READ'), ['coql']);
    assert.deepEqual(await without('ZohoCRM.modules.READ'), ['bulk', 'coql', 'deleted']);
    assert.deepEqual(await without('ZohoCRM.settings.modules.READ'), ['modules']);
    assert.deepEqual(await without('ZohoCRM.settings.fields.READ'), ['fields']);
  });
});

tokens('of a user without API permission get nowhere', async () => {
  await withSandbox({switches: {apiAccess: false}}, async (caller) => {
    for (const [method, path, body] of Object.values(paths)) {
      const reply = await caller.call(path, {method, body});
      assert.deepEqual(
        [reply.status, reply.body.code, reply.body.details],
        [403, 'NO_PERMISSION', {permissions: ['Crm_Implied_Api_Access']}],
      );
    }
  });
});

tokens.run();
