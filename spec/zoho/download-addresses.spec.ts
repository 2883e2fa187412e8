import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {DownloadAddresses} from '../../lib/zoho/download-addresses.ts';
import {jobAddressesMax} from '../../lib/zoho/limits.ts';

const addresses = suite('addresses of results');
const origin = 'https://www.zohoapis.eu';

addresses('are paths on the own host, however Zoho writes them', () => {
  const known = new DownloadAddresses(origin);
  for (const [address, path] of [
    ['/crm/bulk/v9/read/7/result?x=1', '/crm/bulk/v9/read/7/result?x=1'],
    [`${origin}/result`, '/result'],
    ['result', '/result'],
  ] as const) {
    known.remember('7', address);
    assert.equal(known.of('7'), path);
  }
});

addresses('are unknown where Zoho gives none', () => {
  const known = new DownloadAddresses(origin);
  for (const none of [undefined, null, '']) known.remember('7', none);
  assert.equal(known.of('7'), undefined);
});

addresses('elsewhere are refused, because the token goes along', () => {
  const known = new DownloadAddresses(origin);
  for (const address of [
    'https://evil.com/result',
    '//evil.com/result',
    'http://www.zohoapis.eu/result',
    'https://www.zohoapis.eu:8443/result',
    'file:///etc/passwd',
    'http://[',
  ])
    assert.throws(() => known.remember('7', address), {
      kind: 'refused',
      message: `Cannot download the result of bulk read job 7: Zoho gave an address outside ${origin}`,
    });
  assert.equal(known.of('7'), undefined);
});

addresses('are remembered of the latest jobs, and no others', () => {
  const known = new DownloadAddresses(origin);
  for (let id = 0; id < jobAddressesMax; id++) known.remember(`${id}`, `/${id}`);
  assert.equal(known.of('0'), '/0');
  known.remember('new', '/new');
  assert.deepEqual(
    ['0', '1', `${jobAddressesMax - 1}`, 'new'].map((id) => known.of(id)),
    [undefined, '/1', `/${jobAddressesMax - 1}`, '/new'],
  );
});

addresses.run();
