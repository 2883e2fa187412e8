import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {unzipSync} from 'fflate';
import {suite} from 'uvu';
import {manualClock} from '../../lib/sandbox/clock.ts';
import {csvPieces} from '../../lib/sandbox/csv.ts';
import {Org} from '../../lib/sandbox/org.ts';
import {theEnd} from '../../lib/sandbox/point-in-time.ts';
import {defaults, type SwitchChoices, switched} from '../../lib/sandbox/switches.ts';
import {zipped} from '../../lib/sandbox/zip.ts';
import {parsed, startMs} from './caller.ts';

const files = suite('Files');

function csvOf(choices: SwitchChoices, records = 300): string {
  const org = new Org({clock: manualClock(startMs), records, switches: choices});
  const module = org.module('Contracts');
  const columns = module.fields.filter((field) => module.readable(field, 'bulk')).map(({name}) => name);
  return Buffer.concat([...csvPieces(module, columns, module.records(theEnd), org.switches)]).toString();
}

/** Rows without what the dialect may change, one text each. */
function plain(csv: string): string[] {
  return parsed(csv).map(({Id, id, Regions, ...row}) => {
    const cells = Object.entries({...row, id: Id ?? id, Regions: Regions?.replaceAll(/[;,]/g, '|')}).map(([name, cell]) => {
      return `${name}=${/^(?:true|false)$/i.test(cell ?? '') ? cell?.toLowerCase() : cell}`;
    });
    return cells.sort().join();
  });
}

files('say the same in every dialect', () => {
  const wanted = plain(csvOf({}));
  const dialects: SwitchChoices[] = [
    {lineEnd: '\n'},
    {quoteAll: true},
    {listSeparator: ','},
    {booleans: 'title'},
    {booleans: 'upper'},
    {idColumn: 'id'},
    {columnOrder: 'scrambled'},
    {byteOrderMark: true},
  ];
  for (const dialect of dialects) {
    const found = plain(csvOf(dialect).replace(/^\uFEFF/, ''));
    const different = found.findIndex((row, i) => row !== wanted[i]);
    assert.equal(found[different], wanted[different], JSON.stringify(dialect));
    assert.equal(found.length, wanted.length);
  }
});

files('differ as the dialect says', () => {
  assert.ok(csvOf({}).startsWith('Id,Name,Contract_No,'));
  assert.ok(csvOf({quoteAll: true}).startsWith('"Id","Name","Contract_No",'));
  assert.ok(csvOf({byteOrderMark: true}).startsWith('\uFEFFId,'));
  assert.match(csvOf({columnOrder: 'scrambled'}).split('\r\n')[0] ?? '', /,Id$/);
  assert.match(csvOf({booleans: 'upper'}), /,TRUE,/);
  assert.match(csvOf({booleans: 'title'}), /,True,/);
  assert.match(csvOf({quoteAll: true}), /,"",/);
});

files('hold what makes readers stumble', () => {
  const csv = csvOf({});
  for (const odd of ['""', '\r\nline ends', '\nline two', '日本語', '👩‍👩‍👧‍👦', ' leading and trailing ', '\u2028'])
    assert.ok(csv.includes(odd), JSON.stringify(odd));
  const rows = parsed(csv);
  assert.ok(
    rows.some(({Term_Months}) => Term_Months === 'twelve'),
    'a number that is none',
  );
  assert.ok(
    rows.some(({Index_Rate}) => /\.\d{9}/.test(Index_Rate ?? '')),
    'many digits',
  );
  assert.ok(
    rows.some(({External_Key}) => /^\d{19}$/.test(External_Key ?? '')),
    'more than a double holds',
  );
});

files('write datetimes in the zone of the organisation, summer and winter', () => {
  const offsets = new Set(parsed(csvOf({})).map(({Reviewed_At}) => Reviewed_At?.slice(19)));
  offsets.delete('');
  assert.deepEqual(offsets, new Set(['-07:00', '-08:00']));
  const india = parsed(csvOf({zone: 'Asia/Kolkata'}));
  const utc = parsed(csvOf({zone: 'UTC'}));
  assert.ok(india.every(({Modified_Time}) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/.test(Modified_Time ?? '')));
  assert.ok(utc.every(({Modified_Time}) => Modified_Time?.endsWith('+00:00')));
  assert.deepEqual(
    india.map(({Modified_Time}) => Date.parse(Modified_Time ?? '')),
    utc.map(({Modified_Time}) => Date.parse(Modified_Time ?? '')),
  );
});

const content = () => csvPiecesOf(5_000);

function* csvPiecesOf(records: number): Generator<Uint8Array, void, void> {
  const org = new Org({clock: manualClock(startMs), records: {Deals: records}});
  const module = org.module('Deals');
  yield* csvPieces(module, ['Deal_Name', 'Amount', 'Description', 'Modified_Time'], module.records(theEnd), org.switches);
}

/** A second reader, where the machine has it. */
const hasUnzip = spawnSync('unzip', ['-v']).status === 0;

async function zipOf(choices: SwitchChoices): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(zipped('5725767000000859031.csv', content, switched(choices))));
}

files('are ZIPs that other readers accept, in each of the three forms', async () => {
  const csv = Buffer.concat([...content()]);
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-zip-'));
  try {
    for (const [zip, flag, method] of [
      ['descriptor', 8, 8],
      ['sizes', 0, 8],
      ['stored', 0, 0],
    ] as const) {
      const bytes = await zipOf({zip});
      assert.deepEqual([bytes.readUInt16LE(6) & 8, bytes.readUInt16LE(8)], [flag, method], zip);
      assert.deepEqual(
        Object.entries(unzipSync(bytes)).map(([name, data]) => [name, Buffer.from(data).equals(csv)]),
        [['5725767000000859031.csv', true]],
      );
      const path = join(folder, `${zip}.zip`);
      writeFileSync(path, bytes);
      if (hasUnzip) assert.match(execFileSync('unzip', ['-t', path]).toString(), /^No errors detected/m);
    }
  } finally {
    rmSync(folder, {recursive: true});
  }
});

files('stop being rendered when their reader goes away', async () => {
  let given = 0;
  function* endless(): Generator<Uint8Array, void, void> {
    try {
      for (;;) yield Buffer.from(`${(given += 1)},${Math.sin(given)}\n`.repeat(50));
    } finally {
      given = -1;
    }
  }
  for await (const piece of zipped('x.csv', endless, defaults)) if (piece.length > 1_000) break;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(given, -1);
});

files('of a million rows pass through flat memory', () => {
  const org = new Org({clock: manualClock(startMs), records: 1_000_000});
  const module = org.module('Leads');
  let bytes = 0;
  let most = 0;
  for (const piece of csvPieces(module, ['Last_Name', 'Modified_Time'], module.records(theEnd), org.switches)) {
    bytes += piece.length;
    most = Math.max(most, piece.length);
  }
  assert.ok(bytes > 45_000_000);
  assert.ok(most <= 1 << 18, `${most}`);
});

files.run();
