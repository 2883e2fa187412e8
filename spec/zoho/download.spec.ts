import assert from 'node:assert/strict';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {silent} from '../../lib/platform/log.ts';
import type {Caller} from '../../lib/zoho/caller.ts';
import {ConnectionLost} from '../../lib/zoho/connection-lost.ts';
import {Endpoints, type EndpointsOptions} from '../../lib/zoho/endpoints.ts';
import {Http, usualTimeouts} from '../../lib/zoho/http.ts';
import {settled} from '../harness/clocks.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import {cut, type Reply, ScriptedNetwork} from '../harness/scripted-network.ts';

const downloads = suite('downloads');
const {signal} = new AbortController();
const origin = 'https://www.zohoapis.eu';

const completed = (address?: string): Reply => [200, {data: [{state: 'COMPLETED', result: {count: 1, download_url: address}}]}];

async function fetchAll(zoho: MemoryZoho, id = '7'): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zoho.client.download(id, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  downloads(name, () => use(memoryZoho(options)));
}

promise('hands out the bytes of a result', {replies: [[200, 'PK bytes']]}, async (zoho) => {
  assert.equal(await fetchAll(zoho), 'PK bytes');
  assert.equal(zoho.received[0]?.path, '/crm/bulk/v8/read/7/result');
});

promise(
  'goes where Zoho says that the result is, on its own host',
  {
    answer: ({path}) => (path.endsWith('/7') ? completed('/crm/bulk/v9/read/7/result?x=1') : [200, 'bytes']),
  },
  async (zoho) => {
    await zoho.client.job('7', signal);
    await fetchAll(zoho);
    assert.equal(zoho.received[1]?.path, '/crm/bulk/v9/read/7/result?x=1');
  },
);

for (const address of ['https://evil.com/result', '//evil.com/result', 'http://127.0.0.1:1/result', 'file:///etc/passwd']) {
  promise(`does not go to ${address} with the token`, {replies: [completed(address)]}, async (zoho) => {
    await assert.rejects(zoho.client.job('7', signal), {
      kind: 'refused',
      message: /gave an address outside https:\/\/www\.zohoapis\.eu/,
    });
  });
}

promise(
  'follows a redirect of a download on the same origin, a few times at most',
  {
    answer: ({path}) => {
      if (path.startsWith('/loop')) return [302, '', {location: '/loop?x=1'}];
      if (path.endsWith('/8/result')) return [302, '', {location: '/loop'}];
      return path.endsWith('?x=1') ? [200, 'bytes'] : [302, '', {location: 'result?x=1'}];
    },
  },
  async (zoho) => {
    assert.equal(await fetchAll(zoho), 'bytes');
    assert.deepEqual(
      zoho.received.map(({path}) => path),
      ['/crm/bulk/v8/read/7/result', '/crm/bulk/v8/read/7/result?x=1'],
    );
    await assert.rejects(fetchAll(zoho, '8'), {kind: 'refused'});
    assert.equal(zoho.received.length, 6);
  },
);

downloads('follows no redirect elsewhere, so that the token stays where it belongs', async () => {
  for (const location of ['https://evil.com/stolen', '//evil.com/stolen', 'http://www.zohoapis.eu/stolen']) {
    const zoho = memoryZoho({replies: [[302, '', {location}]]});
    await assert.rejects(fetchAll(zoho), {kind: 'refused', message: /redirects to another address, which is not followed/});
    await assert.rejects(zoho.client.modules(signal), {kind: 'refused'});
    assert.deepEqual(
      zoho.received.map(({origin, path}) => `${origin}${path}`),
      ['/crm/bulk/v8/read/7/result', '/crm/v8/settings/modules'].map((path) => `${zoho.client.origin}${path}`),
      'its path is not asked for here instead',
    );
  }
});

for (const [how, reply, message] of [
  ['is cut off', cut('PK'), /^The result of bulk read job 7 ended early: no complete answer from www\.zohoapis\.eu/],
  ['stalls', cut('PK', 'UND_ERR_BODY_TIMEOUT'), /it stopped in the middle of its answer/],
] as const) {
  promise(`calls a result short that ${how}, and does not ask again by itself`, {replies: [[200, reply]]}, async (zoho) => {
    await assert.rejects(fetchAll(zoho), {kind: 'short', message});
    assert.equal(zoho.received.length, 1);
  });
}

promise(
  'tries again what fails before the result begins',
  {
    replies: [
      [500, complaint('INTERNAL_ERROR')],
      [401, complaint('INVALID_TOKEN')],
      [429, complaint('TOO_MANY_REQUESTS')],
      [200, 'bytes'],
    ],
  },
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    assert.equal(await fetchAll(zoho), 'bytes');
    assert.ok(zoho.clock.elapsedMs() - beforeMs >= 60_000, 'a throttled download waits for a minute');
  },
);

for (const reply of [
  [404, complaint('RESOURCE_NOT_FOUND')],
  [400, complaint('RESOURCE_NOT_FOUND')],
  [404, ''],
  [204],
] as Reply[]) {
  promise(`calls a result lost that is answered ${JSON.stringify(reply)}`, {replies: [reply]}, async (zoho) => {
    await assert.rejects(fetchAll(zoho), {kind: 'unready'});
    assert.equal(zoho.received.length, 1);
  });
}

promise(
  'gives its place back when the reader leaves early, or is aborted',
  {
    replies: [
      [
        200,
        async function* () {
          yield 'body';
          await new Promise(() => {});
        },
      ],
    ],
  },
  async (zoho) => {
    for (let i = 0; i < 4; i++) {
      for await (const chunk of zoho.client.download('7', signal)) {
        assert.ok(chunk.length > 0);
        break;
      }
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of zoho.client.download('7', stop.signal)) setImmediate(() => stop.abort(new Error('enough')));
      })();
      await assert.rejects(reading, /^Error: enough$/);
    }
  },
);

/** How a download tells the rate limiter that it ended; only the first word counts. */
async function releasedAfter(reply: Reply, bytesRead = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  const released: string[] = [];
  const http = new Http(origin, usualTimeouts, new ScriptedNetwork(() => reply));
  const permit = {release: (outcome: string) => released.push(outcome)};
  const caller = {
    open: async () => ({answer: await http.send({origin, path: '/', method: 'GET', headers: {}}, signal), permit}),
  } as unknown as Caller;
  const endpoints = new Endpoints({origin, caller, log: silent} as unknown as EndpointsOptions);
  let size = 0;
  try {
    for await (const chunk of endpoints.download('7', signal)) {
      size += chunk.length;
      if (size >= bytesRead) break;
    }
  } catch {
    // How it fails is held above.
  }
  return released[0];
}

downloads('tell the pace how they ended: only a complete result is good, and only a cut one a sign of trouble', async () => {
  assert.equal(await releasedAfter([200, 'bytes']), 'good');
  assert.equal(await releasedAfter([200, cut('bytes')]), 'struggling');
  assert.equal(await releasedAfter([200, () => ['bytes', 'more']], 1), 'neither');
  assert.equal(await releasedAfter([200, gzipSync('bytes').fill(0xff, 10)]), 'neither');
  assert.equal(await releasedAfter([204]), 'neither');
});

downloads('keep the cause of a result that ends early', async () => {
  await assert.rejects(fetchAll(memoryZoho({replies: [[200, cut('PK')]]})), (error: Error) => {
    return error.cause instanceof ConnectionLost;
  });
});

downloads('leave no connection with the body of an answer that is no result', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(1 << 16);
  };
  const zoho = memoryZoho({replies: [[206, endless]]});
  await assert.rejects(fetchAll(zoho), {
    kind: 'unready',
    status: 206,
    message: 'Cannot download the result of bulk read job 7: Zoho answers HTTP status 206',
  });
  await settled();
  assert.equal(zoho.network.dropped, 1);
});

downloads.run();
