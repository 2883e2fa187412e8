import assert from 'node:assert/strict';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {clearCapture} from '../../../lib/sinks/files/clear.ts';
import {manifestText} from '../../../lib/sinks/files/manifest.ts';

const clear = suite<{folder: string}>('clearCapture');

clear.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-clear-'));
});
clear.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

const fileOf = (file: string) => ({file, bytes: 1, lines: 1, crc32: 1});
const files = {Leads: fileOf('Leads.ndjson'), Deals: fileOf('gone.ndjson')};
const trial = manifestText({version: 1, capture: {name: 'trial'}, state: {}, files});

async function fill(folder: string, state: string): Promise<void> {
  for (const [name, text] of [
    ['state.json', state],
    ['Leads.ndjson', 'x'],
    ['mine.ndjson', 'x'],
  ] as const)
    await writeFile(join(folder, name), text);
}

clear('removes the files of a trial, those that are left of them, and nothing else in the directory', async ({folder}) => {
  await fill(folder, trial);
  assert.equal(await clearCapture(folder, ({name}) => name === 'trial'), true);
  assert.deepEqual(await readdir(folder), ['mine.ndjson']);
});

clear('leaves any other capture as it is', async ({folder}) => {
  await fill(folder, trial);
  assert.equal(await clearCapture(folder, ({name}) => name !== 'trial'), false);
  assert.deepEqual(await readdir(folder), ['Leads.ndjson', 'mine.ndjson', 'state.json']);
  assert.equal(await readFile(join(folder, 'state.json'), 'utf8'), trial);
});

clear('finds no capture in an empty directory, and removes nothing on the word of a foreign state.json', async ({folder}) => {
  assert.equal(await clearCapture(folder, () => true), false);
  await fill(folder, trial.replace('Leads.ndjson', '../mine.ndjson'));
  await assert.rejects(
    clearCapture(folder, () => true),
    {name: 'ConfigError'},
  );
  assert.deepEqual(await readdir(folder), ['Leads.ndjson', 'mine.ndjson', 'state.json']);
});

clear.run();
