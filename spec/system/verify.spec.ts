import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {integer} from '../../lib/sandbox/schema/kinds.ts';
import {startSandbox} from '../../lib/sandbox/server.ts';
import {Shell} from '../commands/shell.ts';
import {narrow, wide} from './consistency/modules.ts';

const verify = suite('source-zoho verify');

/** COQL refuses the field, which nothing in its metadata tells. */
const bulkOnly = {...integer('Bulk_Only'), coql: false};

for (const columnsMax of [500, 50]) {
  verify(
    `takes what only Bulk Read reads for awaiting a refresh, and a time for the same in any zone, at ${columnsMax} columns`,
    async () => {
      const {fields} = wide('Deals', 120);
      const sandbox = await startSandbox({
        modules: [narrow('Deals', [...fields.filter(({name}) => name.startsWith('Field_')), bulkOnly])],
        records: {Deals: 40},
        switches: {jobMs: 20, coql: {columnsMax}},
      });
      const shell = await Shell.open();
      try {
        await shell.configure(sandbox);
        const deals = sandbox.org.module('Deals');
        const once = 'capture --config config.json --module Deals --out out --once';
        assert.equal((await shell.run(once)).code, 0);
        for (const [i, id] of [...deals.ids()].slice(0, 12).entries())
          deals.edit(id, {Bulk_Only: String(1_000 + i), Count: String(i)});
        assert.equal((await shell.run(once)).code, 0);
        sandbox.switch({zone: 'Asia/Kolkata'});
        const {code, output} = await shell.run('verify --config config.json --module Deals --out out --full --json');
        const [{missing, extra, differing, awaitingRefresh, compared}] = JSON.parse(output).modules;
        assert.deepEqual(
          {code, missing, extra, differing, awaitingRefresh, compared},
          {
            code: 0,
            missing: 0,
            extra: 0,
            differing: 0,
            awaitingRefresh: 12,
            compared: 40,
          },
        );
      } finally {
        await sandbox.close();
        await shell.close();
      }
    },
  );
}

verify('compares a module with a field that Bulk Read refuses without naming it', async () => {
  const sandbox = await startSandbox({modules: [narrow('Deals', [integer('Hidden')])], records: {Deals: 40}});
  const shell = await Shell.open();
  try {
    await shell.configure(sandbox);
    sandbox.org.module('Deals').hideField('Hidden');
    assert.equal((await shell.run('capture --config config.json --module Deals --out out --once')).code, 0);
    const {code, output, messages} = await shell.run('verify --config config.json --module Deals --out out --full --json');
    assert.equal(code, 0, messages);
    assert.deepEqual(
      JSON.parse(output).modules.map(({compared, differing}: {compared: number; differing: number}) => [compared, differing]),
      [[40, 0]],
    );
  } finally {
    await sandbox.close();
    await shell.close();
  }
});

verify.run();
