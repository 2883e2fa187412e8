/**
 * Pages on disk, generated before any clock starts: as ZIP, as plain CSV and, on request, as COQL's
 * JSON rows.
 */
import {createReadStream, createWriteStream} from 'node:fs';
import {stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {zipped} from '../sandbox/zip.ts';
import {csvPieces, jsonRows, type ShapeName, shapeOf} from './fixtures.ts';

/** One page of rows and its files. */
export interface PageFile {
  readonly shape: ShapeName;
  readonly rows: number;
  readonly zip: string;
  readonly csv: string;
  /** One JSON object per line. */
  readonly json: string;
  /** Lines and bytes of the CSV file, and bytes of the others. */
  readonly csvLines: number;
  readonly csvBytes: number;
  readonly zipBytes: number;
  readonly jsonBytes: number;
}

const seed = 1;
const deflateLevel = 6;
const lineFeed = 0x0a;

/**
 * Writes the files of one page into `folder`. The ZIP has its sizes after the data, as streaming
 * writers produce it.
 */
export async function makePage(folder: string, shape: ShapeName, rows: number, withJson: boolean): Promise<PageFile> {
  const [zip, csv, json] = ['zip', 'csv', 'jsonl'].map((end) => join(folder, `${shape}-${rows}.${end}`)) as [
    string,
    string,
    string,
  ];
  const range = {seed, first: 0, count: rows};
  await pipeline(Readable.from(csvPieces(shapeOf(shape), range)), createWriteStream(csv));
  const content = await readAll(csv);
  await pipeline(Readable.from(zipped('page.csv', () => content, {zip: 'descriptor', deflateLevel})), createWriteStream(zip));
  if (withJson)
    await writeFile(
      json,
      jsonRows(shapeOf(shape), range).map((row) => `${row}\n`),
    );
  return {
    shape,
    rows,
    zip,
    csv,
    json,
    csvLines: content.reduce((sum, piece) => sum + piece.filter((byte) => byte === lineFeed).length, 0),
    csvBytes: (await stat(csv)).size,
    zipBytes: (await stat(zip)).size,
    jsonBytes: withJson ? (await stat(json)).size : 0,
  };
}

async function readAll(file: string): Promise<readonly Uint8Array[]> {
  return Array.fromAsync(createReadStream(file, {highWaterMark: 1 << 20}));
}
