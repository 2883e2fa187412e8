/**
 * Whatever comes in, a defined outcome: the right result, or one of the errors that the connector
 * has for it. Failures print their seed.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {parseSchedule} from '../../../lib/capture/schedule.ts';
import {parseConfig, parseResource} from '../../../lib/config/config.ts';
import {readConfig, readSource} from '../../../lib/config/flow-catalog.ts';
import {connectorHandlers} from '../../../lib/connector/handlers.ts';
import {ConfigError} from '../../../lib/errors/errors.ts';
import {
  backfillRequested,
  bindingPatch,
  instantOf,
  mergePatch,
  savedBinding,
  secondsOf,
  takeOver,
} from '../../../lib/flow/state.ts';
import {silent} from '../../../lib/platform/log.ts';
import {manifestText, parseManifest} from '../../../lib/sinks/files/manifest.ts';
import {parseCsv} from '../../../lib/transforms/parse-csv.ts';
import {parseCoql} from '../../../lib/transforms/parse-json.ts';
import {unzip} from '../../../lib/transforms/unzip.ts';
import {repairUtf8} from '../../../lib/transforms/utf8.ts';
import {windowQuery} from '../../../lib/zoho/coql.ts';
import {apiOrigin} from '../../../lib/zoho/data-centers.ts';
import {lifeMsOf, readTokenAnswer} from '../../../lib/zoho/token-endpoint.ts';
import {JumpingClock} from '../../harness/clocks.ts';
import {talk} from '../../harness/conversation.ts';
import {credentials, withZoho} from '../../harness/fake-zoho.ts';
import {type ArchiveOptions, archive, inPieces} from '../../transforms/archive.ts';
import {documents, field, fieldsOf} from '../../transforms/samples.ts';
import {damaged, damages, defined, misshapen, oddText} from './damage.ts';

/** The same inputs every time, unless others are asked for. */
fc.configureGlobal({seed: Number(process.env.FUZZ_SEED ?? 20_261_124)});

const fuzz = suite('Malformed input');

const whole = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** An outcome that takes longer is a hang. */
const timeout = 10_000;

const credential = {client_id: '1000.A', client_secret: 'b', refresh_token: '1000.c', api_domain: 'http://127.0.0.1:9'};
const endpoint = {credentials: {credentials_title: 'OAuth Credentials', ...credential}, start_date: '2026-01-01T00:00:00Z'};
const resource = {name: 'Leads', interval: 'PT5M', schedule: '55 23 * * *', _meta: {path: ['Leads']}};
const binding = {
  resourceConfig: resource,
  resourcePath: ['Leads'],
  collection: {name: 'acmeCo/Leads'},
  stateKey: 'Leads',
  backfill: 0,
};
const capture = {name: 'acmeCo/zoho', connectorType: 'IMAGE', config: endpoint, bindings: [binding]};
const requests = [
  {spec: {connectorType: 'IMAGE', config: {}}},
  {validate: capture},
  {discover: {connectorType: 'IMAGE', config: endpoint}},
  {open: {capture, version: '1122334455667788', range: {keyEnd: 4_294_967_295}, state: {}}},
];

fuzz('ends requests of any shape, in any bytes, with complete answers and a readable rejection', async () => {
  // With loopback off, nothing that can come of these configs is an address to call.
  const handlers = connectorHandlers({clock: new JumpingClock(), log: silent, loopback: 'off'});
  const shaped = fc
    .constantFrom(...requests)
    .chain(misshapen)
    .map((request) => `${JSON.stringify(request)}\n`);
  const input = fc
    .tuple(fc.array(shaped, {minLength: 1, maxLength: 3}), damages)
    .map(([lines, done]) => damaged(Buffer.from(lines.join('')), done));
  await fc.assert(
    fc.asyncProperty(input, async (bytes) => {
      const result = await defined(() => talk(bytes.toString('latin1'), {handlers}));
      if ('error' in result) assert.ok(result.error.message.length < 2_000, result.error.message);
      else for (const line of result.value.split('\n').slice(0, -1)) assert.equal(Object.keys(JSON.parse(line)).length, 1);
    }),
    {numRuns: 600, timeout, includeErrorInReport: true},
  );
});

fuzz('accepts a config only if everything in it can be used', async () => {
  await fc.assert(
    fc.asyncProperty(misshapen(endpoint), misshapen(resource), async (config, module) => {
      const read = await defined(() => parseConfig(config));
      if ('value' in read) {
        await defined(() => apiOrigin(read.value.credentials.apiDomain));
        if (read.value.startDate !== undefined) assert.match(read.value.startDate, whole);
      } else assert.ok(read.error instanceof ConfigError);
      const bound = await defined(() => parseResource(module));
      if ('error' in bound) return;
      const {name, intervalMs, schedule} = bound.value;
      assert.ok(name.isWellFormed(), 'a name that has an address');
      assert.ok(Number.isSafeInteger(intervalMs) && intervalMs >= 0, String(intervalMs));
      if (schedule !== undefined) parseSchedule(schedule);
    }),
    {numRuns: 2_000, includeErrorInReport: true},
  );
});

const now = '2026-11-24T00:00:00Z';
const states = [
  {
    inc: {cursor: '2026-10-01T10:05:00+00:00'},
    backfill: {cutoff: '2026-10-01T10:00:00.123456Z', next_page: 'tok-1'},
    last_initialized: '2026-10-01T10:00:02.345678Z',
    is_connector_initiated: true,
  },
  {inc: {cursor: '2026-10-01T10:05:00Z'}, backfill: null, last_initialized: '2026-10-01T10:00:02Z'},
  {
    start: '2026-09-01T00:00:00Z',
    inc: {cursor: '2026-10-01T10:05:00Z', after: '5725767000000524157'},
    backfill: {
      cutoff: '2026-10-01T10:00:00Z',
      next_page: 'tok-1',
      job: '5725767000000859031',
      rows: 120_000,
      next_job: '5725767000000859044',
      slice: 1,
    },
    deleted: {cursor: '2026-10-01T10:05:00Z', recycled: {'5725767000000524157': 1_790_848_800}},
    last_initialized: '2026-10-01T10:00:02Z',
    is_connector_initiated: false,
    of_a_later_version: {kept: true},
  },
];

fuzz('continues from a saved state of any version only if all of it can be used', async () => {
  const task = fc
    .constantFrom(...states)
    .chain((saved) => misshapen({bindingStateV1: {Leads: saved}, backfillRequests: {Leads: true}}));
  await fc.assert(
    fc.asyncProperty(task, async (state) => {
      const read = await defined(() => {
        backfillRequested(state, 'Leads');
        return savedBinding(state, 'Leads');
      });
      if ('error' in read) return assert.ok(read.error instanceof ConfigError);
      if (read.value === undefined) return;
      const patched = mergePatch(state, bindingPatch('Leads', takeOver(read.value, undefined, now) ?? {}));
      const taken = savedBinding(patched, 'Leads')!;
      const {start, inc, backfill, deleted} = taken;
      for (const instant of [start, inc?.cursor, deleted?.cursor, backfill?.cutoff])
        if (instant !== undefined) assert.match(instantOf(secondsOf(instant)), whole);
      const after = inc?.after === undefined ? undefined : {seconds: secondsOf(inc.cursor), id: inc.after};
      windowQuery({module: 'Leads', columns: ['id'], fromS: secondsOf(start ?? now), after, limit: 200});
      for (const id of [backfill?.job, backfill?.next_job, ...Object.keys(deleted?.recycled ?? {})])
        if (id !== undefined) assert.match(id, /^[\w-]+$/);
      assert.ok(Number.isSafeInteger(backfill?.rows ?? 0) && Number.isSafeInteger(backfill?.slice ?? 0));
    }),
    {numRuns: 2_000, includeErrorInReport: true},
  );
});

fuzz('accepts only a valid state.json of a directory', async () => {
  const journal = {
    version: 1,
    capture: {api_domain: 'x'},
    state: {},
    files: {Leads: {file: 'Leads.ndjson', bytes: 10, lines: 1, crc32: 7}},
  };
  const text = Buffer.from(manifestText(journal as never));
  await fc.assert(
    fc.asyncProperty(misshapen(journal), damages, async (shaped, done) => {
      for (const each of [JSON.stringify(shaped) ?? '', damaged(text, done).toString()]) {
        const read = await defined(() => parseManifest(each, 'out'));
        if ('error' in read) assert.ok(read.error instanceof ConfigError);
        else for (const {file} of Object.values(read.value.files)) assert.doesNotMatch(file, /[/\\\0]|^\.\.?/);
      }
    }),
    {numRuns: 1_000, includeErrorInReport: true},
  );
});

const catalog = `captures:
  acmeCo/zoho: &here
    endpoint:
      connector:
        image: ghcr.io/estuary/source-zoho:dev
        config: {credentials: {client_id: a, client_secret: "b", refresh_token: 'c', api_domain: >-
          https://www.zohoapis.com}, start_date: 2026-01-01T00:00:00Z}
    bindings:
      - resource: {name: Leads, interval: PT5M, schedule: "55 23 * * *"}
        target: acmeCo/Leads
      - {resource: {name: Deals}, target: {name: acmeCo/Deals}, backfill: 2, disable: false}
`;

fuzz('reads a damaged catalog, or reports what is wrong with it', async () => {
  const reader = {
    read: async (path: string) => (path.endsWith('flow.yaml') ? text : ''),
    unseal: async (config: unknown) => config,
  };
  let text = '';
  await fc.assert(
    fc.asyncProperty(damages, fc.option(oddText), async (done, added) => {
      text = damaged(Buffer.from(catalog), done).toString() + (added ?? '');
      await defined(() => readSource('flow.yaml', undefined, reader));
    }),
    {numRuns: 1_000, timeout, includeErrorInReport: true},
  );
});

const configText = `# from login
credentials:
  client_id: "1000.A"
  client_secret: 'b'
  refresh_token: >-
    1000.c
  api_domain: &host https://www.zohoapis.com
start_date: 2026-01-01T00:00:00Z
sops: null
`;

fuzz('reads a damaged config file, in YAML or JSON, or reports what is wrong with it', async () => {
  let text = '';
  const reader = {read: async () => text, unseal: async (config: unknown) => config};
  const texts = fc.constantFrom(configText, JSON.stringify(endpoint, undefined, 2));
  await fc.assert(
    fc.asyncProperty(texts, damages, fc.option(oddText), async (whole, done, added) => {
      text = damaged(Buffer.from(whole), done).toString() + (added ?? '');
      const read = await defined(async () => parseConfig(await readConfig('config.yaml', reader)));
      if ('error' in read) assert.ok(read.error instanceof ConfigError && read.error.message.length < 2_000);
      else await defined(() => apiOrigin(read.value.credentials.apiDomain));
    }),
    {numRuns: 1_500, timeout, includeErrorInReport: true},
  );
});

const csv = Buffer.from(
  'Id,Modified_Time,A\r\n5725767000000524157,2026-10-01T10:00:00+05:30,Zoë\r\n999,2026-10-01T10:00:01Z,"a ""b"", c"\r\n',
);
const kinds: readonly ArchiveOptions[] = [
  {},
  {descriptor: 'signed'},
  {descriptor: 'bare', zip64: true},
  {zip64: true},
  {stored: true},
  {stored: true, zip64: true},
  {level: 0, comment: 'PK\x05\x06'},
];

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source));
}

fuzz('extracts the exact content of a ZIP archive, or none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), damages, fc.integer({min: 1, max: 40}), async (options, done, pieceLength) => {
      const bytes = damaged(archive(csv, options), done);
      const result = await defined(() => bytesOf(unzip(inPieces(bytes, pieceLength))));
      if ('value' in result) assert.ok(result.value.equals(csv));
      else assert.ok('kind' in result.error && ['damaged', 'short'].includes(result.error.kind), result.error.message);
    }),
    {numRuns: 1_500, timeout, includeErrorInReport: true},
  );
});

fuzz('rejects an archive of very many entries without reading them', async () => {
  for (const options of [{stored: true, zip64: true}, {descriptor: 'signed'}] satisfies ArchiveOptions[]) {
    const whole = archive(csv, {...options, entries: 15_000});
    let pulled = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, void> {
      for await (const piece of inPieces(whole, 1 << 10)) {
        pulled += piece.length;
        yield piece;
      }
    }
    const result = await defined(() => bytesOf(unzip(source())));
    assert.ok('error' in result && 'kind' in result.error && result.error.kind === 'damaged');
    assert.ok(pulled < whole.length / 2, `${pulled} of ${whole.length} bytes`);
  }
});

fuzz('turns a damaged page into complete JSON documents, each with a record id, or none', async () => {
  await fc.assert(
    fc.asyncProperty(damages, fc.integer({min: 1, max: 60}), fc.nat({max: 3}), async (done, pieceLength, skipRows) => {
      const fields = fieldsOf(field('A', 'text'));
      await defined(async () => {
        for await (const rows of parseCsv(inPieces(damaged(csv, done), pieceLength), {skipRows}))
          for (const doc of documents(rows, fields).docs) assert.match(String(JSON.parse(doc).Modified_Time), /^\d{4}-/);
      });
    }),
    {numRuns: 3_000, timeout, includeErrorInReport: true},
  );
});

fuzz('reads a damaged COQL answer as JSON does, or not at all', async () => {
  const records = [
    {id: '5725767000000524157', Modified_Time: '2026-10-01T10:00:00+05:30', A: 'Zoë "x" 😀'},
    {id: '999', Modified_Time: '2026-10-01T10:00:01Z', A: null},
  ];
  const answer = Buffer.from(JSON.stringify({data: records, info: {count: 2, more_records: false}}));
  const columns = ['id', 'Modified_Time', 'A'];
  await fc.assert(
    fc.asyncProperty(damages, async (done) => {
      const bytes = damaged(answer, done);
      const result = await defined(async () => {
        const {rows} = await parseCoql(inPieces(bytes), columns, fieldsOf(field('A', 'text')));
        return documents(rows, fieldsOf(field('A', 'text'))).docs.map((doc) => JSON.parse(doc));
      });
      if ('error' in result) return;
      // What was read must be JSON by the platform's own reader, once it is UTF-8; names that stand
      // twice are read as the last of them.
      const text = repairUtf8(bytes)
        .bytes.toString()
        .replace(/^\ufeff/, '');
      const data: unknown = JSON.parse(text).data;
      assert.ok(Array.isArray(data));
      const again = (text.match(/"data"/g) ?? []).length > 1;
      if (again) return;
      assert.deepEqual(
        result.value.map(({id, Modified_Time, A}) => [String(BigInt(id)).slice(0, 15), Modified_Time, A]),
        data.map(({id, Modified_Time, A}) => [String(BigInt(Number(id))).slice(0, 15), Modified_Time, shown(A)]),
      );
    }),
    {numRuns: 4_000, timeout, includeErrorInReport: true},
  );
});

/** The document value of a text field. */
function shown(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return null;
  return typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value);
}

fuzz('turns a token answer into a usable token, or reports why not', async () => {
  const hosts = {apiHost: 'www.zohoapis.eu', accountsHost: 'accounts.zoho.eu'};
  const good = {
    access_token: '1000.x',
    expires_in: 3600,
    expires_in_sec: 3600,
    api_domain: 'https://www.zohoapis.eu',
    scope: 'a b',
  };
  const bad = {error: 'invalid_code', error_description: 'x', status: 'failure'};
  const text = fc.oneof(
    misshapen(good).map((value) => JSON.stringify(value) ?? ''),
    misshapen(bad).map((value) => JSON.stringify(value) ?? ''),
    damages.map((done) => damaged(Buffer.from(JSON.stringify(good)), done).toString()),
    fc.constantFrom('{"access_token":"a","expires_in_sec":1e999}', '{"access_token":"a\\r\\nX-B: c"}', '<html>', ''),
  );
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(200, 201, 302, 400, 401, 429, 500, 503), async (body, status) => {
      const result = await defined(() => readTokenAnswer({status, text: body}, hosts));
      if ('error' in result) {
        assert.ok('kind' in result.error && result.error.kind === 'credentials');
        assert.ok(result.error.message.length < 400, result.error.message);
      } else if ('reply' in result.value) {
        assert.match(result.value.reply.access_token, /^[\x21-\x7e]+$/);
        const lifeMs = lifeMsOf(result.value.reply);
        assert.ok(Number.isFinite(lifeMs) && lifeMs >= 1_000 && lifeMs <= 86_400_000, String(lifeMs));
      }
    }),
    {numRuns: 2_000, includeErrorInReport: true},
  );
});

fuzz('has a named failure or a usable value for every answer of Zoho to any call', async () => {
  const {signal} = new AbortController();
  const answers = {
    modules: {
      modules: [{api_name: 'Leads', api_supported: true, generated_type: 'default', status: 'visible', plural_label: 'Leads'}],
    },
    fields: {
      fields: [{api_name: 'A', data_type: 'formula', json_type: 'double', formula: {return_type: 'double', dynamic: true}}],
    },
    created: {data: [{status: 'success', code: 'ADDED_SUCCESSFULLY', details: {id: '7'}}]},
    job: {
      data: [
        {
          state: 'COMPLETED',
          result: {count: 2, download_url: '/crm/bulk/v8/read/7/result', next_page_token: 't', more_records: true},
        },
      ],
    },
    failed: {data: [{state: 'FAILURE', result: {error_message: {code: 'X', message: 'y'}}}]},
    deleted: {data: [{id: '7', deleted_time: '2026-10-01T10:00:00Z', type: 'recycle'}], info: {more_records: false}},
    refusal: {code: 'INVALID_DATA', message: 'words', details: {api_name: 'A', json_path: '$.query.fields'}, status: 'error'},
  };
  const body = fc
    .constantFrom(...Object.values(answers))
    .chain((value) => fc.tuple(misshapen(value), damages))
    .map(([value, done]) => damaged(Buffer.from(JSON.stringify(value) ?? ''), done.slice(0, 1)).toString());
  let reply: [number, string] = [200, ''];
  await withZoho({answer: () => reply, client: {credentials}}, async ({client}) => {
    const calls = [
      () => client.modules(signal),
      () => client.fields('Leads', signal),
      () => client.createJob({pageToken: 't'}, signal),
      () => client.job('7', signal),
      () => client.deleted('Leads', 0, 1, signal),
    ];
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(200, 200, 201, 400, 403, 404), fc.nat({max: 4}), async (text, status, which) => {
        reply = [status, text];
        const result = await defined<unknown>(calls[which]!);
        if ('error' in result) assert.ok(result.error.message.length < 600, `${result.error.message.length} characters`);
      }),
      {numRuns: 250, timeout, includeErrorInReport: true},
    );
  });
});

fuzz.run();
