import assert from 'node:assert/strict';
import {resolve} from 'node:path';
import fc from 'fast-check';
import {suite} from 'uvu';
import {readSource, type SourceCapture, type SourceReader} from '../../lib/config/flow-catalog.ts';
import {withoutSuffix} from '../../lib/config/sops.ts';
import {ConfigError} from '../../lib/errors/errors.ts';
import {documentedCatalog} from '../harness/documented-catalog.ts';

const source = suite('readSource');

/** Files in memory, by path relative to the working directory. */
function readerOf(files: Readonly<Record<string, string>>): SourceReader {
  const byPath = new Map(Object.entries(files).map(([path, text]) => [resolve(path), text]));
  return {
    async read(path) {
      const text = byPath.get(path);
      if (text === undefined) throw new ConfigError(`Cannot read ${path}: there is no such file`);
      return text;
    },
    unseal: async (config) => config,
  };
}

const read = (files: Readonly<Record<string, string>>, name?: string): Promise<SourceCapture> =>
  readSource('flow.yaml', name, readerOf(files));

const credentials = {client_id: 'one', client_secret: 'two', refresh_token: 'three', api_domain: 'https://www.zohoapis.com'};
const documented = documentedCatalog(credentials);

source("reads the connector documentation's sample, taking its placeholders as they stand", async () => {
  assert.deepEqual(await read({'flow.yaml': documented}), {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample has it so
    name: '${PREFIX}/${CAPTURE_NAME}',
    config: {credentials, start_date: '2024-01-01T00:00:00Z'},
    bindings: [
      ['Leads', {schedule: '55 23 * * *'}] as const,
      ['Accounts', {schedule: '55 23 * * *'}] as const,
      ['Contacts', {}] as const,
    ].map(([name, more]) => ({
      resource: {name, interval: 'PT5M', ...more},
      collection: `\${PREFIX}/${name}`,
      stateKey: name,
    })),
  });
});

source("passes over the sample's last line, which stands for more bindings", async () => {
  assert.deepEqual(await read({'flow.yaml': `${documented}{...}\n`}), await read({'flow.yaml': documented}));
  assert.deepEqual(await read({'flow.yaml': `${documented}      {...}`}), await read({'flow.yaml': documented}));
});

source(
  'reads JSON, a local command, a config and a resource in files of their own, beside the file that names them',
  async () => {
    const capture = {
      endpoint: {local: {command: ['source-zoho'], config: 'secret/config.yaml'}},
      bindings: [
        {resource: 'leads.yaml', target: 'acmeCo/Leads', backfill: 2},
        {resource: {name: 'Deals'}, target: {name: 'acmeCo/Deals'}},
        {resource: {name: 'Tasks'}, target: 'acmeCo/Tasks', disable: true},
      ],
    };
    const files = {
      'flow.yaml': 'import: [zoho/flow.yaml]',
      'zoho/flow.yaml': JSON.stringify({captures: {'acmeCo/zoho': capture}}),
      'zoho/secret/config.yaml': 'credentials: {client_id: one}',
      'zoho/leads.yaml': 'name: Leads',
    };
    assert.deepEqual(await read(files), {
      name: 'acmeCo/zoho',
      config: {credentials: {client_id: 'one'}},
      bindings: [
        {resource: {name: 'Leads'}, collection: 'acmeCo/Leads', stateKey: 'Leads.v2'},
        {resource: {name: 'Deals'}, collection: 'acmeCo/Deals', stateKey: 'Deals'},
      ],
    });
  },
);

const capture = (image: string) => `{endpoint: {connector: {image: ${image}, config: {from: ${image}}}}}`;
const two = `captures: {acmeCo/one: ${capture('source-zoho:v1')}, acmeCo/two: ${capture('ghcr.io/x/source-zoho')}}`;

source('asks for a name when several captures could be meant, and passes over those of other connectors', async () => {
  await assert.rejects(
    read({'flow.yaml': two}),
    /Cannot choose a capture of flow\.yaml: it has acmeCo\/one, acmeCo\/two; pass --name$/,
  );
  assert.equal((await read({'flow.yaml': two}, 'acmeCo/two')).name, 'acmeCo/two');
  await assert.rejects(
    read({'flow.yaml': two}, 'acmeCo/tow'),
    /Cannot find capture acmeCo\/tow in flow\.yaml, did you mean acmeCo\/two\?$/,
  );
  const mixed = `captures: {acmeCo/one: ${capture('source-zoho')}, acmeCo/two: ${capture('source-postgres')}}`;
  assert.equal((await read({'flow.yaml': mixed})).name, 'acmeCo/one');
});

source('follows imports that go in circles once', async () => {
  const files = {
    'flow.yaml': 'import: [a.yaml]',
    'a.yaml': `import: [flow.yaml, a.yaml]\ncaptures: {acmeCo/one: ${capture('source-zoho')}}`,
  };
  assert.equal((await read(files)).name, 'acmeCo/one');
});

const wrong: [why: string, text: string, message: string][] = [
  ['nothing', ' \n', 'Cannot read flow.yaml: it is empty'],
  ['no YAML', 'captures: {', 'Cannot read flow.yaml at line 1, column 12: it is not YAML (bad indent)'],
  ['no captures', '{}', 'Cannot use flow.yaml: it has no captures'],
  ['a list', '[]', 'Cannot use flow.yaml: it has no captures'],
  ['a comment alone', '# none', 'Cannot use flow.yaml: it must be an object, not null'],
  [
    'an import from elsewhere',
    'import: [https://example.com/flow.yaml]',
    'Cannot use flow.yaml: it imports https://example.com/flow.yaml, and only files can be imported here',
  ],
  [
    'no endpoint',
    'captures: {a: {endpoint: {}}}',
    'Cannot use flow.yaml: captures.a.endpoint has neither a connector nor a local command',
  ],
  [
    'no target',
    'captures: {a: {endpoint: {local: {config: {}}}, bindings: [{resource: {name: Leads}}]}}',
    'Cannot use flow.yaml: captures.a.bindings.0.target is missing',
  ],
  [
    'a config of the wrong kind',
    'captures: {a: {endpoint: {local: {config: 7}}}}',
    'Cannot use flow.yaml, captures.a: endpoint.local.config must be an object, or the path of a file, not a number',
  ],
];
for (const [why, text, message] of wrong) {
  source(`says what is wrong with ${why}`, async () => {
    await assert.rejects(read({'flow.yaml': text}), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message, message);
      return true;
    });
  });
}

source('ends in a capture or a readable refusal, whatever the file holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.anything().map((value) => JSON.stringify({captures: {a: value}}) ?? ''),
      ),
      async (text) => {
        try {
          await read({'flow.yaml': text});
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
        }
      },
    ),
    {numRuns: 500},
  );
});

source('takes the ending of encrypted values off at every depth', () => {
  const sealed = {credentials: {client_secret_sops: 'x', list: [{key_sops: 1}]}, start_date: 'y'};
  assert.deepEqual(withoutSuffix(sealed, '_sops'), {credentials: {client_secret: 'x', list: [{key: 1}]}, start_date: 'y'});
});

source.run();
