/**
 * Rows of a bulk job as CSV (zoho-api sheet 4.4), in chunks, so that no file is ever complete in
 * memory.
 */
import {noRoom, writeText} from './cells.ts';
import type {OrgModule} from './module.ts';
import type {OrgRecord} from './record.ts';
import type {Switches} from './switches.ts';

/** Bytes of one chunk; a single larger row exceeds it. */
const pieceBytes = 1 << 18;
const byteOrderMark = '\uFEFF';
const comma = 0x2c;

/** The file's header and then its rows, as UTF-8. `columns` are as requested; the id is added. */
export function* csvPieces(
  module: OrgModule,
  columns: readonly string[],
  records: Iterable<OrgRecord>,
  switches: Switches,
): Generator<Uint8Array, void, void> {
  const ordered = orderOf(switches.addedColumns ? withAdded(module, columns) : columns, switches);
  const names = ordered.map((column) => (column === 'id' ? switches.idColumn : column));
  const mark = switches.byteOrderMark ? byteOrderMark : '';
  yield Buffer.from(`${mark}${names.map((name) => (switches.quoteAll ? `"${name}"` : name)).join(',')}${switches.lineEnd}`);
  const writeRow = rowWriter(
    ordered.map((column) => cellWriter(module, column, switches)),
    switches.lineEnd,
  );
  let out = Buffer.allocUnsafe(pieceBytes);
  let end = 0;
  for (const record of records) {
    let next = writeRow(record, out, end);
    while (next === noRoom) {
      if (end > 0) yield out.subarray(0, end);
      out = Buffer.allocUnsafe(end > 0 ? pieceBytes : out.length * 2);
      end = 0;
      next = writeRow(record, out, end);
    }
    end = next;
  }
  yield out.subarray(0, end);
}

/** The columns, with those that Bulk Read adds to some of them unasked. */
function withAdded(module: OrgModule, columns: readonly string[]): string[] {
  return columns.flatMap((name) => [name, ...Object.keys(module.field(name)?.added ?? {}).map((part) => `${name}.${part}`)]);
}

type CellWriter = (record: OrgRecord, out: Buffer, at: number) => number;

function rowWriter(cells: readonly CellWriter[], lineEnd: string): CellWriter {
  return (record, out, start) => {
    let at = start;
    for (let i = 0; i < cells.length; i += 1) {
      if (i > 0) {
        if (at >= out.length) return noRoom;
        out[at] = comma;
        at += 1;
      }
      at = cells[i]!(record, out, at);
      if (at === noRoom) return noRoom;
    }
    return writeText(lineEnd, out, at);
  };
}

function orderOf(columns: readonly string[], {columnOrder}: Switches): string[] {
  const asked = ['id', ...new Set(columns.filter((column) => column !== 'id'))];
  return columnOrder === 'asked' ? asked : asked.reverse();
}

function cellWriter(module: OrgModule, column: string, switches: Switches): CellWriter {
  if (column === 'id') return asText((record) => (switches.quoteAll ? `"${record.idText}"` : record.idText));
  const dot = column.indexOf('.');
  if (dot >= 0) return asText(parentText(module, column.slice(0, dot), column.slice(dot + 1), switches));
  const cells = module.columns.get(column);
  return (record, out, at) => cells.csvInto(record, out, at);
}

const asText =
  (textOf: (record: OrgRecord) => string): CellWriter =>
  (record, out, at) =>
    writeText(textOf(record), out, at);

/** A column of the record or user that a lookup points to. */
function parentText(module: OrgModule, lookup: string, column: string, switches: Switches): (record: OrgRecord) => string {
  const none = switches.quoteAll ? '""' : '';
  const quoted = (text: string) => (switches.quoteAll ? `"${text.replaceAll('"', '""')}"` : text);
  const cells = module.columns.get(lookup);
  const added = cells.spec.added?.[column];
  if (added) {
    return (record) => {
      const value = cells.value(record);
      return typeof value === 'string' ? quoted(added(value)) : none;
    };
  }
  if (column === 'id') return (record) => cells.csv(record);
  if (module.field(lookup)?.kind === 'user') {
    return (record) => {
      const user = module.columns.user(cells.value(record));
      return quoted((column === 'first_name' ? user?.firstName : user?.lastName) ?? '');
    };
  }
  const parent = module.columns.target(lookup);
  return (record) => {
    const found = module.columns.related(lookup, cells.value(record), record.moment);
    return found && parent ? parent.columns.get(column).csv(found) : none;
  };
}
