/**
 * What the connector asks and the sandbox answers, held against Zoho's OpenAPI files of API v8: the connector's requests are such as Zoho documents, and the
 * sandbox is no easier to satisfy, nor richer, than Zoho.
 */
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import {faults30, faults31} from './file-faults.ts';
import {OpenApi} from './openapi.ts';
import {type Recorded, recordedCapture} from './recording.ts';

/** Beside the checkout; not part of it, since the files are Zoho's. */
const folder = fileURLToPath(new URL('../../../shared/data/oas', import.meta.url));

const contract = suite<{exchanges: Recorded[]}>("Zoho's OpenAPI files");

const prefixes31 = {
  'bulk-read.json': '/crm/bulk/v8',
  'coql.json': '/crm/v8',
  'fields.json': '/crm/v8',
  'modules.json': '/crm/v8',
  'record.json': '/crm/v8',
};
const versions = [
  {version: '3.0', prefixes: {}, faults: faults30},
  {version: '3.1', prefixes: prefixes31, faults: faults31},
] as const;

/** What is found, by kind of call and status, each once with how often. */
function findings(api: OpenApi, exchanges: readonly Recorded[]): string[] {
  const found = new Map<string, number>();
  for (const exchange of exchanges) {
    for (const finding of api.check(exchange)) {
      const line = `${exchange.kind}: ${finding}`;
      found.set(line, (found.get(line) ?? 0) + 1);
    }
  }
  return [...found].map(([line, times]) => `${line} (${times} times)`).sort();
}

if (existsSync(folder)) {
  contract.before(async (context) => {
    context.exchanges = (await recordedCapture()).filter(({kind}) => kind !== 'token');
  });

  contract('are held against every kind of call, and against refusals', ({exchanges}) => {
    const kinds = new Set(exchanges.map(({kind, status}) => `${kind} ${status}`));
    const wanted = [
      'modules 200',
      'fields 200',
      'fields 204',
      'fields 400',
      'create 201',
      'create 400',
      'status 200',
      'status 404',
    ];
    const others = ['result 200', 'coql 200', 'coql 204', 'coql 400', 'deleted 200', 'deleted 304'];
    assert.deepEqual(
      [...wanted, ...others].filter((kind) => !kinds.has(kind)),
      [],
    );
    const texts = exchanges.map(({body}) => body);
    assert.ok(
      texts.some((text) => text.includes('"page_token"')),
      'a page after the first was asked for',
    );
    assert.ok(
      exchanges.some(({answer}) => answer?.includes('"IN PROGRESS"')),
      'a job was looked at while it ran',
    );
  });

  for (const {version, prefixes, faults} of versions) {
    contract(`of version ${version} allow every request and every answer`, async ({exchanges}) => {
      const api = await OpenApi.read(join(folder, version), prefixes, faults);
      assert.deepEqual(findings(api, exchanges), []);
    });

    contract(`of version ${version} have every fault that is listed`, async ({exchanges}) => {
      for (const fault of faults) {
        const api = await OpenApi.read(
          join(folder, version),
          prefixes,
          faults.filter((other) => other !== fault),
        );
        assert.notDeepEqual(findings(api, exchanges), [], `${fault.file} ${fault.what}: no exchange shows it`);
      }
    });

    contract(`of version ${version} catch what Zoho does not document`, async ({exchanges}) => {
      const api = await OpenApi.read(join(folder, version), prefixes, faults);
      const one = (kind: string, status: number) =>
        exchanges.find((exchange) => exchange.kind === kind && exchange.status === status)!;
      const created = one('create', 201);
      const query = JSON.parse(created.body);
      query.query.fields = 'Last_Name';
      assert.notDeepEqual(api.check({...created, body: JSON.stringify(query)}), [], 'fields that are no list');
      const fields = one('fields', 200);
      assert.notDeepEqual(
        api.check({...fields, answer: fields.answer?.replace('"webhook":true,', '')}),
        [],
        'a required key less',
      );
      const deleted = one('deleted', 200);
      assert.notDeepEqual(api.check({...deleted, query: new URLSearchParams({page_token: 'x'})}), [], 'an unknown parameter');
      assert.notDeepEqual(api.check({...deleted, status: 299}), [], 'an unknown status');
      assert.notDeepEqual(api.check({...deleted, path: '/crm/v8/a/b/c/d'}), [], 'an unknown path');
    });
  }
} else {
  contract(`are passed over: ${folder} is not there`, () => {
    assert.ok(!existsSync(folder));
  });
}

contract.run();
