import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {suite} from 'uvu';
import {complaint, type FakeOptions, type FakeZoho, type Reply, withZoho} from '../harness/fake-zoho.ts';

const downloads = suite('downloads');
const {signal} = new AbortController();

const completed = (address?: string): Reply => [200, {data: [{state: 'COMPLETED', result: {count: 1, download_url: address}}]}];

async function fetchAll(zoho: FakeZoho, id = '7'): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zoho.client.download(id, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function promise(name: string, options: FakeOptions, use: (zoho: FakeZoho) => Promise<void>): void {
  downloads(name, () => withZoho(options, use));
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
      message: /gave an address outside http:\/\/127\.0\.0\.1/,
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
  const visits: string[] = [];
  const elsewhere = createServer((request, response) => {
    visits.push(String(request.headers.authorization));
    response.end('stolen');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const {port} = elsewhere.address() as AddressInfo;
  await withZoho({replies: [[302, '', {location: `http://127.0.0.1:${port}/`}]]}, async (zoho) => {
    await assert.rejects(fetchAll(zoho), {kind: 'refused', message: /redirects to another address, which is not followed/});
    await assert.rejects(zoho.client.modules(signal), {kind: 'refused'});
    assert.equal(zoho.received.length, 2, 'its path is not asked for here instead');
  });
  assert.deepEqual(visits, []);
  await new Promise((resolve) => elsewhere.close(resolve));
});

promise(
  'calls a result short that is cut off, and does not ask again by itself',
  {
    replies: [
      (response) => {
        response.writeHead(200, {'content-length': '1000'});
        response.write('PK', () => response.destroy());
      },
    ],
  },
  async (zoho) => {
    await assert.rejects(fetchAll(zoho), {
      kind: 'short',
      message: /^The result of bulk read job 7 ended early: no complete answer from 127\.0\.0\.1/,
    });
    assert.equal(zoho.received.length, 1);
  },
);

promise(
  'calls a result short that stalls',
  {
    replies: [
      (response) => {
        response.writeHead(200);
        response.write('PK');
      },
    ],
    client: {timeouts: {idleMs: 100}},
  },
  async (zoho) => {
    await assert.rejects(fetchAll(zoho), {kind: 'short', message: /it stopped in the middle of its answer/});
  },
);

promise(
  'takes any time while bytes come, and while the reader takes its own',
  {
    replies: [
      (response) => {
        response.writeHead(200);
        let left = 6;
        const timer = setInterval(() => {
          if (left-- > 0) return response.write('x');
          clearInterval(timer);
          return response.end();
        }, 60);
      },
    ],
    client: {timeouts: {callMs: 50, headersMs: 500, idleMs: 1_000}},
  },
  async (zoho) => {
    assert.equal(await fetchAll(zoho), 'xxxxxx');
  },
);

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

promise(
  'does not take a reader that pauses for a result that stalls',
  {replies: [[200, 'x'.repeat(8 << 20)]], client: {timeouts: {idleMs: 100}}},
  async (zoho) => {
    let size = 0;
    for await (const chunk of zoho.client.download('7', signal)) {
      // Longer than the connection may be silent, with all that undici adds for its coarse timers.
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 1_500));
      size += chunk.length;
    }
    assert.equal(size, 8 << 20);
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
    answer: () => (response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(1 << 20));
    },
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

downloads.run();
