import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {accountsOrigin, apiOrigin, isLoopback, sameOrgHost} from '../../lib/zoho/data-centers.ts';

const hosts = suite('hosts');

const dataCentres: [string, string][] = [
  ['com', 'accounts.zoho.com'],
  ['eu', 'accounts.zoho.eu'],
  ['in', 'accounts.zoho.in'],
  ['com.au', 'accounts.zoho.com.au'],
  ['jp', 'accounts.zoho.jp'],
  ['com.cn', 'accounts.zoho.com.cn'],
  ['ca', 'accounts.zohocloud.ca'],
  ['sa', 'accounts.zoho.sa'],
  ['uk', 'accounts.zoho.uk'],
  ['ae', 'accounts.zoho.ae'],
];

hosts('reads every data centre and environment in all the ways people write it', () => {
  for (const [end, accounts] of dataCentres) {
    for (const environment of ['www', 'sandbox', 'developer']) {
      const origin = `https://${environment}.zohoapis.${end}`;
      for (const text of [
        origin,
        `${origin}/`,
        `${environment}.zohoapis.${end}`,
        ` ${environment}.zohoapis.${end}/ `,
        ` ${origin.toUpperCase()}/ `,
      ]) {
        assert.equal(apiOrigin(text), origin);
      }
      assert.equal(accountsOrigin(origin), `https://${accounts}`);
    }
    assert.equal(apiOrigin(`https://zohoapis.${end}`), `https://www.zohoapis.${end}`);
  }
});

hosts('says of a data centre without a published API host that this is the trouble', () => {
  for (const text of ['https://www.zohoapis.sg', 'sandbox.zohoapis.sg', 'zohoapis.sg'])
    assert.throws(() => apiOrigin(text), /^ConfigError: Cannot use api_domain .*zohoapis\.sg: .*data centre in Singapore/);
});

hosts('takes the machine itself unless that is switched off', () => {
  for (const text of ['http://127.0.0.1:8080', 'http://localhost:8080/', 'http://[::1]:8080', 'https://localhost:1']) {
    const origin = apiOrigin(text);
    assert.equal(origin, text.replace(/\/$/, ''));
    assert.equal(accountsOrigin(origin), origin);
    assert.ok(isLoopback(origin));
    for (const on of ['on', ' ON ', '', '  ']) assert.equal(apiOrigin(text, on), origin);
    for (const off of ['off', 'no', 'xon', 'once', 'o', 'false'])
      assert.throws(() => apiOrigin(text, off), {
        name: 'ConfigError',
        message: `Cannot use api_domain ${new URL(text).host}: addresses of this machine are switched off here (SOURCE_ZOHO_LOOPBACK=${off})`,
      });
  }
});

const strangers = [
  'https://evil.com',
  'https://www.zohoapis.com.evil.com',
  'https://www.zohoapis.com@evil.com',
  'https://www.zohoapis.com-evil.com',
  'https://www.zohoapis.com1',
  'xhttp://127.0.0.1/',
  'httpx://127.0.0.1/',
  'https://evilzohoapis.com',
  'https://www.evil.zohoapis.com',
  'http://www.zohoapis.com',
  'https://www.zohoapis.com:8443',
  'https://www.zohoapis.com/crm',
  'https://www.zohoapis.com?x=1',
  'https://www.zohoapis.com#x',
  'https://user:pass@www.zohoapis.com',
  'https://www.zohoapis.evil',
  'https://accounts.zoho.com',
  'https://www.zohocloud.ca',
  'ftp://127.0.0.1',
  'http://127.0.0.1.evil.com',
  'http://localhost.evil.com:80',
  'http://10.0.0.1',
  'https://www.zohoapis.com\\@evil.com',
  '',
  'not an address',
];

hosts('refuses everything else before a credential leaves', () => {
  for (const text of strangers) assert.throws(() => apiOrigin(text), ConfigError, text);
});

hosts('accepts no text whose address a browser would take elsewhere', () => {
  const piece = fc.constantFrom(
    'https://',
    'http://',
    'www.',
    'zohoapis',
    '.com',
    '.eu',
    '@',
    '/',
    ':',
    '\\',
    '.evil',
    'evil',
    '127.0.0.1',
    '#',
    '?',
    '%2e',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 8}), (pieces) => {
      let origin: string;
      try {
        origin = apiOrigin(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return;
      }
      assert.match(origin, /^(https:\/\/www\.zohoapis\.(com|eu)|https?:\/\/127\.0\.0\.1(:\d+)?)$/);
    }),
    {numRuns: 2_000},
  );
});

hosts('says what an address must be, and shows of a wrong one a host that looks like one', () => {
  const refused = (text: string) => {
    try {
      return apiOrigin(text);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const use =
    'it is not an API host of Zoho. Use https://www.zohoapis.com with the ending of your data centre (.com, .eu, .in, .com.au, .jp, .com.cn, .ca, .sa, .uk, .ae), or with sandbox or developer instead of www';
  for (const host of ['evil.com', 'crm.zoho.co.uk', 'a-1.b.c.d.e.f.com', 'evil.com:8443', 'x.technology'])
    assert.equal(refused(`https://${host}`), `Cannot use api_domain ${host}: ${use}`);
  for (const text of ['evil', 'evil.c0m', 'a_b.com', 'a.b.c.d.e.f.g.com', 'evil.c', 'evil.technologies', 'evil.com.'])
    assert.equal(refused(text), `Cannot use api_domain: ${use}`);
  for (const text of ['http://www.zohoapis.com', 'https://www.zohoapis.com:8443'])
    assert.equal(
      refused(text),
      `Cannot use api_domain ${new URL(text).host}: Zoho is called only over https on its default port`,
    );
});

hosts('get no credentials unless they are Zoho or this machine', () => {
  for (const origin of ['https://evil.com', 'https://www.zohoapis.sg'])
    assert.throws(() => accountsOrigin(origin), {
      name: 'ConfigError',
      message: `Cannot get tokens for ${new URL(origin).hostname}: it is not an API host of Zoho`,
    });
});

hosts('shows no text that may be a secret in the wrong place', () => {
  for (const text of [
    '1000.abcdef.secret secret',
    '1000.abcdef.secret0',
    `${'secret.'.repeat(40)}com`,
    'https://user:secret@www.zohoapis.com',
    'https://www.zohoapis.com/secret',
  ]) {
    assert.throws(
      () => apiOrigin(text),
      (error: Error) => !error.message.includes('secret'),
    );
  }
});

hosts('tells tokens of another data centre or environment apart', () => {
  const eu = 'https://www.zohoapis.eu';
  assert.ok(sameOrgHost(eu, 'https://www.zohoapis.eu'));
  assert.ok(sameOrgHost(eu, 'https://zohoapis.eu/'));
  assert.ok(!sameOrgHost(eu, 'https://www.zohoapis.com'));
  assert.ok(!sameOrgHost(eu, 'https://sandbox.zohoapis.eu'));
  assert.ok(!sameOrgHost('http://127.0.0.1:1', 'https://www.zohoapis.eu'));
  assert.ok(sameOrgHost('http://127.0.0.1:1', 'http://localhost:1'));
  assert.ok(sameOrgHost(eu, 'something else'));
});

hosts.run();
