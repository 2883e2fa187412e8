import assert from 'node:assert/strict';
import {crc32} from 'node:zlib';
import {suite} from 'uvu';
import type {DiskFile} from '../../../lib/sinks/files/disk.ts';
import type {Manifest, ManifestFile} from '../../../lib/sinks/files/manifest.ts';
import {claim, type NdjsonOptions, reopen} from '../../../lib/sinks/files/output-files.ts';
import {ManualClock} from '../../harness/clocks.ts';
import {PowerCutDisk} from '../power-cut-disk.ts';

const files = suite('output files');

const empty = (file: string): ManifestFile => ({file, bytes: 0, lines: 0, crc32: 0});

function manifestOf(...names: string[]): Manifest {
  return {version: 1, capture: {name: 'a'}, state: {}, files: Object.fromEntries(names.map((name) => [name, empty(name)]))};
}

function optionsFor(disk: PowerCutDisk, changes: Partial<NdjsonOptions> = {}): NdjsonOptions {
  return {disk, folder: 'out', capture: {name: 'a'}, collections: ['acme/Leads'], clock: new ManualClock(), ...changes};
}

files('are recorded for every collection before any of them is created', async () => {
  const disk = new PowerCutDisk();
  const claimed = await claim(manifestOf(), optionsFor(disk, {collections: ['acme/Leads', '__proto__']}));
  assert.deepEqual(Object.entries(claimed), [
    ['acme/Leads', empty('Leads.ndjson')],
    ['__proto__', empty('__proto__.ndjson')],
  ]);
  assert.deepEqual(JSON.parse(disk.text('state.json') ?? ''), {...manifestOf(), files: claimed});
  assert.equal(disk.bytes('Leads.ndjson'), undefined);
});

files('of a capture stay its own, whichever collections a run has, and are recorded again only when one is new', async () => {
  const disk = new PowerCutDisk();
  const kept: Manifest = {...manifestOf(), files: {'acme/Leads': {file: 'x.ndjson', bytes: 7, lines: 1, crc32: 9}}};
  disk.tamper('x.ndjson', 'x');
  assert.deepEqual(await claim(kept, optionsFor(disk)), kept.files);
  assert.deepEqual(await claim(kept, optionsFor(disk, {collections: []})), kept.files);
  assert.equal(disk.text('state.json'), undefined);
  const claimed = await claim(kept, optionsFor(disk, {collections: ['acme/Deals']}));
  assert.deepEqual(claimed, {...kept.files, 'acme/Deals': empty('Deals.ndjson')});
  assert.deepEqual(JSON.parse(disk.text('state.json') ?? '').files, claimed);
});

files('may be none: the directory is then recorded as that of the capture', async () => {
  const disk = new PowerCutDisk();
  assert.deepEqual(await claim(manifestOf(), optionsFor(disk, {collections: []})), {});
  assert.deepEqual(JSON.parse(disk.text('state.json') ?? ''), manifestOf());
});

files('that are new are compressed on request, otherwise like those in the directory', async () => {
  for (const [known, gzip, name] of [
    [[], undefined, 'Leads.ndjson'],
    [[], false, 'Leads.ndjson'],
    [[], true, 'Leads.ndjson.gz'],
    [['a.ndjson.gz'], undefined, 'Leads.ndjson.gz'],
    [['a.ndjson.gz'], true, 'Leads.ndjson.gz'],
    [['a.ndjson.gz'], false, 'Leads.ndjson'],
    [['a.ndjson'], undefined, 'Leads.ndjson'],
    [['a.ndjson'], false, 'Leads.ndjson'],
    [['a.ndjson.gz', 'b.ndjson'], undefined, 'Leads.ndjson'],
  ] as const) {
    const claimed = await claim(manifestOf(...known), optionsFor(new PowerCutDisk(), {gzip}));
    assert.equal(claimed['acme/Leads']?.file, name, `${known} ${gzip}`);
  }
});

files('are not compressed in a directory where others are not', async () => {
  const disk = new PowerCutDisk();
  for (const known of [['a.ndjson'], ['a.ndjson', 'b.ndjson.gz']])
    await assert.rejects(claim(manifestOf(...known), optionsFor(disk, {gzip: true})), {
      name: 'ConfigError',
      message: 'Cannot use --gzip in out: its files are not compressed; leave it out, or choose another directory',
    });
  assert.equal(disk.text('state.json'), undefined);
});

files('of someone else are left as they are', async () => {
  const disk = new PowerCutDisk();
  disk.tamper('Leads.ndjson', 'mine\n');
  await assert.rejects(claim(manifestOf(), optionsFor(disk)), {
    name: 'ConfigError',
    message: 'Cannot write out/Leads.ndjson: it already exists and is not part of this capture; choose another directory',
  });
  assert.deepEqual([disk.text('Leads.ndjson'), disk.text('state.json')], ['mine\n', undefined]);
});

const content = '{"id":1}\n{"id":2}\n';
const committed: ManifestFile = {file: 'Leads.ndjson', bytes: content.length, lines: 2, crc32: crc32(content)};

/** A disk that holds one file, and how many of its files are open. */
function diskWith(text: string | undefined, kind?: 'other') {
  const disk = new PowerCutDisk();
  if (text !== undefined) disk.tamper('Leads.ndjson', text);
  const open = disk.open.bind(disk);
  const watched = {disk, open: 0};
  disk.open = async (name): Promise<DiskFile> => {
    const file = await open(name);
    watched.open++;
    return {...file, close: async () => void watched.open--};
  };
  if (kind !== undefined) disk.kind = async () => kind;
  return watched;
}

files('are reopened with what was committed, and cut to it', async () => {
  for (const more of ['', '{"id":3}\n', '{"id"']) {
    const watched = diskWith(content + more);
    const {disk: file, ...opened} = await reopen(committed, optionsFor(watched.disk));
    assert.deepEqual(opened, {name: 'Leads.ndjson', bytes: 18, lines: 2, crc32: crc32(content), synced: 18});
    assert.deepEqual([watched.disk.text('Leads.ndjson'), await file.size(), watched.open], [content, 18, 1]);
  }
});

files('are cut only when something follows what was committed', async () => {
  const {disk} = diskWith(content);
  const open = disk.open;
  disk.open = async (name) => ({...(await open(name)), cut: () => assert.fail('nothing follows')});
  await reopen(committed, optionsFor(disk));
});

files('are created when nothing of them was committed', async () => {
  const {disk} = diskWith(undefined);
  assert.equal((await reopen(empty('Leads.ndjson'), optionsFor(disk))).bytes, 0);
  assert.equal(disk.text('Leads.ndjson'), '');
});

files('are refused, and closed, if they were changed since', async () => {
  for (const [how, text, kind] of [
    ['has been shortened', content.slice(0, -1)],
    ['has been shortened', ''],
    ['has been changed', content.replace('2', '3')],
    ['has been changed', content.replace('1', '9')],
    ['has been changed', `{"id":0}\n${content}`],
    ['has been removed', undefined],
    ['has been replaced by something other than a file', content, 'other'],
  ] as const) {
    const watched = diskWith(text, kind);
    await assert.rejects(reopen(committed, optionsFor(watched.disk)), {
      name: 'ConfigError',
      message: `Cannot continue in out: Leads.ndjson ${how} since it was written; put it back as it was, or choose another directory`,
    });
    assert.deepEqual([watched.open, watched.disk.text('Leads.ndjson')], [0, text]);
  }
});

files('are verified in blocks of a megabyte, and whoever is told of each may end that', async () => {
  const text = 'x'.repeat((2 << 20) + 5);
  const large = {...committed, bytes: text.length, crc32: crc32(text)};
  const checked: number[] = [];
  const onChecked = async (bytes: number) => void checked.push(bytes);
  await reopen(large, optionsFor(diskWith(`${text}more`).disk, {onChecked}));
  assert.deepEqual(checked, [1 << 20, 1 << 20, 5]);
  const watched = diskWith(text);
  const onFirst = async () => Promise.reject(new Error('enough'));
  await assert.rejects(reopen(large, optionsFor(watched.disk, {onChecked: onFirst})), /^Error: enough$/);
  assert.equal(watched.open, 0);
});

files('that give fewer bytes than they have are changed', async () => {
  const {disk} = diskWith(content);
  const open = disk.open;
  disk.open = async (name) => ({...(await open(name)), read: async () => 0});
  await assert.rejects(reopen(committed, optionsFor(disk)), /Leads\.ndjson has been changed/);
});

files.run();
