/**
 * The same libraries in the obvious arrangement: web streams with one row per chunk, an object per
 * row, one write per line. It makes no checkpoints and does not verify its downloads, so it does
 * less than the others.
 */
import {once} from 'node:events';
import {JSONParser} from '@streamparser/json';
import {Unzip, UnzipInflate} from 'fflate';
import Papa from 'papaparse';
import {request} from 'undici';
import {type Column, shapeOf} from '../fixtures.ts';
import type {Task} from '../task.ts';

type Row = Readonly<Record<string, unknown>>;

const coqlRows = 2_000;

/** Reads the pages of all bindings one after another. */
export async function naive(task: Task): Promise<number> {
  const columns = new Map(shapeOf(task.page.shape).columns.map((column) => [column.name, column]));
  let count = 0;
  for (let binding = 0; binding < task.bindings; binding++) {
    for (let page = 0; page < task.pages; page++) {
      await ReadableStream.from(task.coql ? jsonRows(task) : csvRows(task.url))
        .pipeThrough(new TransformStream<Row, Row>({transform: (row, out) => out.enqueue(typed(row, columns))}))
        .pipeThrough(new TransformStream<Row, Row>({transform: (row, out) => out.enqueue({...row, _meta: {op: 'u'}})}))
        .pipeThrough(
          new TransformStream<Row, string>({
            // An id has more digits than a number holds, so its quotes are removed only here.
            transform: (doc, out) => out.enqueue(JSON.stringify({captured: {binding, doc}}).replace(/"id":"(\d+)"/, '"id":$1')),
          }),
        )
        .pipeTo(
          new WritableStream({
            async write(line) {
              count++;
              if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
            },
          }),
        );
    }
  }
  return count;
}

async function* csvRows(url: string): AsyncGenerator<Row, void, void> {
  const {body} = await request(`${url}/page.zip`);
  let rows: Row[] = [];
  const csv = Papa.parse(Papa.NODE_STREAM_INPUT, {header: true});
  csv.on('data', (row: Row) => rows.push(row));
  const ended = once(csv, 'end');
  const archive = new Unzip((file) => {
    const decoder = new TextDecoder();
    file.ondata = (error, data, final) => {
      if (error) throw error;
      csv.write(decoder.decode(data, {stream: !final}));
      if (final) csv.end();
    };
    file.start();
  });
  archive.register(UnzipInflate);
  for await (const chunk of body) {
    archive.push(chunk);
    // papaparse delivers its rows in later turns of the event loop.
    await new Promise(setImmediate);
    yield* rows;
    rows = [];
  }
  archive.push(new Uint8Array(0), true);
  await ended;
  yield* rows;
}

async function* jsonRows({url, page}: Task): AsyncGenerator<Row, void, void> {
  for (let from = 0; from < page.rows; from += coqlRows) {
    const {body} = await request(`${url}/rows/${from}/${coqlRows}`);
    const rows: Row[] = [];
    const parser = new JSONParser({paths: ['$.data.*'], keepStack: false});
    parser.onValue = ({value}) => rows.push(Object(value));
    for await (const chunk of body) {
      parser.write(chunk);
      yield* rows.splice(0);
    }
  }
}

/**
 * The document of a row, with id and time first as in the connector's, so that the bytes can be
 * compared.
 */
function typed(row: Row, columns: ReadonlyMap<string, Column>): Row {
  const doc: Record<string, unknown> = {id: row.Id ?? row.id, Modified_Time: row.Modified_Time};
  for (const [name, value] of Object.entries(row)) {
    const column = columns.get(name);
    if (column !== undefined && name !== 'id' && name !== 'Modified_Time') doc[name] = typedValue(value, column);
  }
  return doc;
}

function typedValue(value: unknown, {jsonType}: Column): unknown {
  if (value === '' || value === null) return null;
  if (typeof value !== 'string') return jsonType === 'jsonobject' ? Object(value).id : value;
  if (jsonType === 'boolean') return value === 'true';
  if (jsonType === 'integer' || jsonType === 'double') return Number(value);
  return jsonType === 'jsonarray' ? value.split(';') : value;
}
