/** Which modules of a directory are compared, and with which fields. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {bindingOf, type Setup} from '../../../lib/commands/context.ts';
import {compareAll} from '../../../lib/commands/verify/compare-all.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {initialState} from '../../../lib/flow/state.ts';
import type {Manifest} from '../../../lib/sinks/files/manifest.ts';
import {textField} from '../../harness/fields.ts';
import {quietHost} from './host.ts';
import {type Answers, askedZoho, usualFields, zohoTime} from './zoho.ts';

const comparing = suite<{folder: string}>('compareAll');

comparing.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-compare-all-'));
});
comparing.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

const {backfill, ...captured} = initialState(zohoTime(100), zohoTime(1_000));

/** A directory that holds these modules, each without a record. */
async function manifestOf(folder: string, modules: readonly string[], capture = {}): Promise<Manifest> {
  for (const module of modules) await writeFile(join(folder, `${module}.ndjson`), '');
  const files = modules.map((module) => [module, {file: `${module}.ndjson`, bytes: 0, lines: 0, crc32: 0}]);
  return {
    version: 1,
    capture: {client_id: 'c', ...capture},
    state: {bindingStateV1: Object.fromEntries(modules.map((module) => [module, captured]))},
    files: Object.fromEntries(files),
  };
}

/** Zoho has three modules. `named` are those that were asked for. */
async function compared(folder: string, manifest: Manifest, answers: Answers = {}, named?: readonly string[]) {
  const {client, jobs} = askedZoho(answers);
  const setup = {
    config: {},
    bindings: named?.map(bindingOf),
    patterns: [],
    client,
    identity: {client_id: 'c'},
  } as unknown as Setup;
  const {host, said} = quietHost();
  const work = {begin() {}, add() {}, pause: async () => {}};
  const verified = await compareAll(setup, manifest, {out: folder, full: true, sample: 0}, host, work);
  return {verified: verified.map(({module, reason}) => [module, reason]), jobs, said};
}

const notCaptured = 'it has not been captured into this directory';

comparing('compares the modules that the directory holds, and those asked for by name', async ({folder}) => {
  const manifest = await manifestOf(folder, ['Deals', 'Tasks']);
  assert.deepEqual((await compared(folder, manifest)).verified, [
    ['Deals', undefined],
    ['Tasks', undefined],
  ]);
  assert.deepEqual((await compared(folder, manifest, {}, ['Leads', 'Tasks'])).verified, [
    ['Leads', notCaptured],
    ['Tasks', undefined],
  ]);
});

comparing('compares the fields that the capture had chosen, and no others', async ({folder}) => {
  const manifest = await manifestOf(folder, ['Deals'], {fields: 'A,Deals.B'});
  const fields = () => [...usualFields, textField('B'), textField('C')];
  const {jobs} = await compared(folder, manifest, {fields});
  assert.deepEqual(jobs[0]?.fields, ['id', 'Modified_Time', 'A', 'B']);
  const all = await compared(folder, await manifestOf(folder, ['Deals']), {fields});
  assert.deepEqual(all.jobs[0]?.fields, ['id', 'Modified_Time', 'A', 'B', 'C']);
});

comparing('refuses a directory that holds another capture', async ({folder}) => {
  await assert.rejects(compared(folder, await manifestOf(folder, ['Deals'], {client_id: 'other'})), {
    name: 'ConfigError',
    message: `Cannot use ${folder}: it holds another capture (client_id other instead of c); choose another directory, or remove this one`,
  });
});

comparing('goes on after a module that Zoho refuses, and ends for any other failure', async ({folder}) => {
  const manifest = await manifestOf(folder, ['Deals', 'Tasks']);
  const failing = (error: Error) => {
    let jobs = 0;
    return compared(folder, manifest, {
      job: () => {
        if (++jobs === 1) throw error;
        return {count: 0};
      },
    });
  };
  for (const kind of ['module', 'refused'] as const)
    assert.deepEqual((await failing(new ZohoError(kind, 'Zoho says no'))).verified, [
      ['Deals', 'Zoho says no'],
      ['Tasks', undefined],
    ]);
  await assert.rejects(failing(new ZohoError('unavailable', 'down')), {kind: 'unavailable'});
  await assert.rejects(failing(new Error('a bug')), /a bug/);
});

comparing.run();
