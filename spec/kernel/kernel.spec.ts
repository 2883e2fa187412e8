import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import fc from 'fast-check';
import {suite} from 'uvu';
import * as codes from '../../lib/kernel/codes.ts';
import {type Coerced, coerce, instantSeconds, isId, type OtherCell, program, scan} from '../../lib/kernel/kernel.ts';
import {kernelBytesMax} from '../../lib/limits.ts';
import {BufferPool} from '../../lib/platform/buffer-pool.ts';

const kernel = suite('kernel');
const root = fileURLToPath(new URL('../..', import.meta.url));

kernel('is what its source compiles to', async () => {
  const {scripts} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-kernel-'));
  try {
    const made = join(folder, 'kernel.wasm');
    const [tool, ...args] = String(scripts.kernel).replace('lib/kernel/kernel.wasm', made).split(' ');
    execFileSync(join(root, 'node_modules/.bin', tool!), args, {cwd: root});
    assert.ok((await readFile(made)).equals(await readFile(join(root, 'lib/kernel/kernel.wasm'))), 'run npm run kernel');
  } finally {
    await rm(folder, {recursive: true});
  }
});

const T = '2026-10-01T10:00:00Z';
const columns = ['Id', 'Modified_Time', 'A'];
const columnsOf = (writer: number, other?: OtherCell) =>
  program([
    {place: 0, writer: codes.writeId, key: '{"id":'},
    {place: 1, writer: codes.writeInstant, key: ',"Modified_Time":'},
    {place: 2, writer, key: ',"A":', other},
  ]);
const text = columnsOf(codes.writeText);
const blocks = new BufferPool();

/** Scans rows of three cells and writes them. */
function documents(csv: string, prepared = text): string[] {
  const rows = rowsOf(csv);
  assert.equal(rows.next, rows.bytes.length);
  return textsOf(coerce(prepared, rows, blocks));
}

/** The documents, whose block is released. */
function textsOf(coerced: Coerced): string[] {
  assert.ok('ranges' in coerced);
  const {bytes, ranges} = coerced;
  const texts = Array.from({length: ranges.length / 2}, (_, i) =>
    Buffer.from(bytes.subarray(ranges[2 * i], ranges[2 * i + 1])).toString(),
  );
  blocks.release(bytes);
  return texts;
}

kernel('keeps nothing from one call to the next', () => {
  const long = documents(`1,${T},${'x'.repeat(1_000)}\n`);
  const misfit = coerce(columnsOf(codes.writeInteger), rowsOf(`1,${T},x\n2,${T},7\n`), blocks);
  const fit = coerce(columnsOf(codes.writeInteger), rowsOf(`1,${T},5\n2,${T},7\n`), blocks);
  assert.deepEqual(
    [misfit, fit].map((it) => 'misfits' in it && it.misfits),
    [[2], []],
  );
  assert.deepEqual(documents(`1,${T},${'x'.repeat(1_000)}\n`), long);
});

function rowsOf(csv: string) {
  const bytes = Buffer.from(csv);
  return {columns, bytes, ...scan(bytes, columns.length, 1_000, blocks)};
}

kernel('reads and writes rows of any length, wherever its memory ends', () => {
  const lengths = [0, 1, 15, 16, 17, 65_000, 65_535, 65_536, 65_537, 200_000, kernelBytesMax];
  for (const length of [...lengths, ...Array.from({length: 64}, (_, i) => 65_536 - 32 + i)]) {
    for (const letter of ['x', '\u0001']) {
      // Longer documents than Flow takes are refused, not written.
      if (letter !== 'x' && length === kernelBytesMax) continue;
      const written = length === 0 ? 'null' : JSON.stringify(letter.repeat(Math.min(length, kernelBytesMax - 200)));
      const [document] = documents(`1,${T},${letter.repeat(Math.min(length, kernelBytesMax - 200))}\n`);
      assert.ok(document === `{"id":1,"Modified_Time":"${T}","A":${written}`, `${length} times ${JSON.stringify(letter)}`);
    }
  }
});

/** Scans for more cells, or fewer, than one kernel keeps room for. */
const large = () => scan(Buffer.from('x\n'), 1, kernelBytesMax / 8, blocks);
const small = () => scan(Buffer.from('x\n'), 1, 1, blocks);

/** Has the next call find a kernel that has little memory yet. */
function beginAnew(): void {
  large();
  small();
}

kernel('works with whatever memory earlier calls left', () => {
  const bytes = Buffer.from(`1${T}${'x'.repeat(1 << 20)}`);
  const [id, time] = [1, 1 + T.length];
  const cells = Int32Array.from([0, id, id << 2, time, time << 2, bytes.length]);
  beginAnew();
  const [document] = textsOf(coerce(text, {columns, bytes, cells, count: 1}, blocks));
  assert.ok(document === `{"id":1,"Modified_Time":"${T}","A":"${'x'.repeat(1 << 20)}"`);
  beginAnew();
  assert.equal(instantSeconds(`2026-10-01T10:00:00.${'0'.repeat(1 << 20)}Z`), Date.parse(T) / 1_000);
  beginAnew();
  assert.equal(scan(Buffer.from('1,,\n'.repeat(50_000)), columns.length, 50_000, blocks).count, 50_000);
});

/** Takes what is given as it is, without room after it. */
class ExactBlocks extends BufferPool {
  override filled(bytes: Uint8Array): Uint8Array {
    return bytes.slice();
  }
}

kernel('leaves room behind each document, wherever its memory ends', () => {
  // The longest text that the connector may write for a cell, in so many cells that memory ends in the last of them.
  const other: OtherCell = (cell) => ({json: JSON.stringify('x'.repeat(6 * cell.length + 38)), fits: true});
  const names = Array.from({length: 8}, (_, i) => `A${i}`);
  const prepared = program([
    {place: 0, writer: codes.writeId, key: '{"id":'},
    {place: 1, writer: codes.writeInstant, key: ',"Modified_Time":'},
    ...names.map((name, i) => ({place: 2 + i, writer: codes.writeInteger, key: `,"${name}":`, other})),
  ]);
  const exact = new ExactBlocks();
  for (let length = 1; length <= 115; length += 6) {
    const bytes = Buffer.from(`1,${T},${'x'.repeat(length)}${',x'.repeat(7)}\n${`1,${T}${',x'.repeat(8)}\n`.repeat(202)}`);
    const rows = {columns: ['Id', 'Modified_Time', ...names], bytes, ...scan(bytes, 10, 1_000, blocks)};
    beginAnew();
    const coerced = coerce(prepared, rows, exact);
    assert.ok('ranges' in coerced);
    assert.ok(coerced.ranges.at(-1)! + codes.shapeRoomBytes <= coerced.bytes.length, `after ${length} bytes`);
  }
});

/** Counts the kernels that are begun meanwhile. */
function kernelsBegun(work: () => unknown): number {
  const {Instance} = WebAssembly;
  let begun = 0;
  const construct = (...args: Parameters<typeof Reflect.construct>) => {
    begun++;
    return Reflect.construct(...args);
  };
  Object.assign(WebAssembly, {Instance: new Proxy(Instance, {construct})});
  try {
    work();
  } finally {
    Object.assign(WebAssembly, {Instance});
  }
  return begun;
}

kernel('gives its memory back after large work, once smaller work comes, and not before', () => {
  beginAnew();
  assert.deepEqual([small, large, large, small, small, large].map(kernelsBegun), [0, 0, 0, 1, 0, 0]);
});

kernel('stays the same for repeated work on a row of many MB', () => {
  const rows = rowsOf(`1,${T},${'x'.repeat(6 << 20)}\n`);
  const work = () => coerce(text, rows, blocks);
  work();
  assert.equal(kernelsBegun(work), 0);
});

kernel('keeps what it gave when it works on', () => {
  const first = coerce(text, rowsOf(`1,${T},first\n2,${T},\n`), blocks);
  coerce(text, rowsOf(`12345,${T},another\n2,${T},\n`), blocks);
  assert.deepEqual(textsOf(first), [`{"id":1,"Modified_Time":"${T}","A":"first"`, `{"id":2,"Modified_Time":"${T}","A":null`]);
});

kernel('leaves cells in an unusual spelling to the connector, as texts', () => {
  const cells: string[] = [];
  const write: OtherCell = (cell) => {
    cells.push(cell);
    return {json: JSON.stringify({cell}), fits: cell !== 'b'};
  };
  const prepared = columnsOf(codes.writeInteger, write);
  const start = `{"id":1,"Modified_Time":"${T}","A":`;
  for (const [received, cell, json] of [
    ['"a ""1"""', 'a "1"', String.raw`{"cell":"a \"1\""}`],
    ['é""', 'é""', String.raw`{"cell":"é\"\""}`],
    ['7', undefined, '7'],
    ['', undefined, 'null'],
  ] as const) {
    assert.deepEqual(documents(`1,${T},${received}\n`, prepared), [start + json]);
    assert.equal(cells.pop(), cell);
  }
  for (const [cell, misfits] of [
    ['a', []],
    ['b', [2]],
  ] as const) {
    const coerced = coerce(prepared, rowsOf(`1,${T},${cell}\n2,${T},7\n`), blocks);
    assert.deepEqual('misfits' in coerced && coerced.misfits, misfits);
  }
});

kernel('writes cells that do not fit as strings, where the connector does not', () => {
  const coerced = coerce(columnsOf(codes.writeInteger), rowsOf(`1,${T},"a ""1"""\n`), blocks);
  assert.deepEqual('misfits' in coerced && coerced.misfits, [2]);
  assert.deepEqual(textsOf(coerced), [String.raw`{"id":1,"Modified_Time":"${T}","A":"a \"1\""`]);
});

kernel('names the row that cannot be written', () => {
  assert.deepEqual(coerce(text, rowsOf(`1,${T},a\nx,${T},b\n`), blocks), {row: 1, fault: codes.faultId});
  assert.deepEqual(coerce(text, rowsOf(`1,${T},a\n2,${T},b\n3,,c\n`), blocks), {row: 2, fault: codes.faultInstant});
});

kernel('stops after as many rows as were asked for, and at the first that is not whole', () => {
  const csv = Buffer.from(`1,${T},a\n\n2,${T},b\n3,${T}`);
  const all = scan(csv, 3, 10, blocks);
  assert.deepEqual([all.count, csv.subarray(all.next).toString(), all.stop], [2, `3,${T}`, codes.scanIncomplete]);
  const one = scan(csv, 3, 1, blocks);
  assert.deepEqual([one.count, one.next, one.cells.length], [1, csv.indexOf('\n') + 1, 6]);
});

kernel('knows the same instants as Date does, and no other text', () => {
  const number = (min: number, max: number, digits: number) =>
    fc.integer({min, max}).map((value) => String(value).padStart(digits, '0'));
  const instant = fc
    .tuple(number(0, 9999, 4), number(0, 13, 2), number(0, 32, 2), number(0, 24, 2), number(0, 60, 2), number(0, 59, 2))
    .chain(([y, mo, d, h, mi, s]) =>
      fc.constantFrom('Z', '+05:30', '-08:00', '.123Z', '.9+00:00', '+5:30', '', 'z', '+24:00').map((zone) => ({
        text: `${y}-${mo}-${d}T${h}:${mi}:${s}${zone}`,
        days: new Date(Date.UTC(2000, Number(mo), 0)).getUTCDate(),
        date: `${y}-${mo}-${d}`,
        time: `${h}:${mi}`,
        zone,
      })),
    );
  fc.assert(
    fc.property(instant, ({text, date, time, zone}) => {
      const exists = new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
      const isTime = time < '24' && !time.endsWith('60');
      const isZone = !['+5:30', '', 'z', '+24:00'].includes(zone);
      const wanted = exists && isTime && isZone ? Math.floor(Date.parse(text) / 1_000) : Number.NaN;
      assert.equal(instantSeconds(text), wanted, text);
    }),
    {numRuns: 3_000},
  );
  for (const text of ['', 'é'.repeat(30), '2026-10-01', '2026-10-01 10:00:00Z']) assert.ok(Number.isNaN(instantSeconds(text)));
});

kernel('knows ids', () => {
  const known = ['1', '5725767000000524157', '999999999999999999'];
  const none = ['', '0', '01', '-1', '1 ', '12345678901234567890', '１', 'x'];
  assert.deepEqual(
    known.map(isId),
    known.map(() => true),
  );
  assert.deepEqual(
    none.map(isId),
    none.map(() => false),
  );
});

kernel.run();
