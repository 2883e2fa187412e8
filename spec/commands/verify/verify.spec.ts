/** The command from its arguments to its exit code. Whole captures are verified in `spec/system`. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import type {Setup} from '../../../lib/commands/context.ts';
import {type VerifyArguments, verify} from '../../../lib/commands/verify/verify.ts';
import {ConfigError} from '../../../lib/errors/errors.ts';
import {initialState} from '../../../lib/flow/state.ts';
import {lockFolder} from '../../../lib/sinks/files/lock.ts';
import {manifestText} from '../../../lib/sinks/files/manifest.ts';
import {quietHost} from './host.ts';
import {askedZoho, rowsOf, zohoTime} from './zoho.ts';

const command = suite<{folder: string}>('verify');

command.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-verify-'));
});
command.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

const {backfill, ...captured} = initialState(zohoTime(100), zohoTime(1_000));

/** A directory with one captured record of Deals. */
async function capture(folder: string): Promise<void> {
  const text = `{"id":1,"Modified_Time":"${zohoTime(500)}","A":"a","_meta":{"op":"u"}}\n`;
  await writeFile(join(folder, 'Deals.ndjson'), text);
  const files = {Deals: {file: 'Deals.ndjson', bytes: text.length, lines: 1, crc32: 0}};
  const state = {bindingStateV1: {Deals: captured}};
  await writeFile(join(folder, 'state.json'), manifestText({version: 1, capture: {client_id: 'c'}, state, files}));
}

/** Runs the command beside a Zoho whose only record has this value, and counts how often its client was closed. */
async function run(folder: string, value: string, {args = {}, client_id = 'c'}: {args?: object; client_id?: string} = {}) {
  const {host, said, logged} = quietHost();
  const {client} = askedZoho({job: () => rowsOf([1, 500, value])});
  let [opened, closed] = [0, 0];
  const setUp = async (): Promise<Setup> => {
    opened++;
    const setup = {config: {}, patterns: [], client, identity: {client_id}, close: async () => void closed++};
    return setup as unknown as Setup;
  };
  const given: VerifyArguments = {out: folder, sample: 200, json: true, ...args};
  const code = await verify(host, given, setUp).catch((error: unknown) => error);
  return {code, said: said(), logged, left: opened - closed};
}

command('compares a directory, reports what it found, and returns the exit code', async ({folder}) => {
  await capture(folder);
  const same = await run(folder, 'a');
  assert.equal(same.code, 0);
  assert.equal(JSON.parse(same.said).modules[0].compared, 1);
  const other = await run(folder, 'b');
  assert.equal(other.code, 4);
  assert.equal(JSON.parse(other.said).modules[0].differing, 1);
});

command('refuses a sample of nothing, unless every record is compared', async ({folder}) => {
  await capture(folder);
  const {code} = await run(folder, 'a', {args: {sample: 0}});
  assert.deepEqual(code, new ConfigError('Cannot compare 0 records: pass --sample with at least 1, or --full'));
  assert.equal((await run(folder, 'a', {args: {sample: 0, full: true}})).code, 0);
});

command('refuses a directory that no capture wrote', async ({folder}) => {
  const {code} = await run(folder, 'a');
  assert.deepEqual(code, new ConfigError(`Cannot verify ${folder}: it has no state.json, so capture did not write it`));
});

command('holds the directory while it compares, and leaves nothing open however it ends', async ({folder}) => {
  await capture(folder);
  const unlock = await lockFolder(folder);
  const locked = await run(folder, 'a');
  unlock();
  assert.match(String(locked.code), /another process is capturing into it/);
  const refused = await run(folder, 'a', {client_id: 'other'});
  assert.match(String(refused.code), /holds another capture/);
  const compared = await run(folder, 'a');
  assert.deepEqual([compared.code, locked.left, refused.left, compared.left], [0, 0, 0, 0]);
  (await lockFolder(folder))();
});

command.run();
