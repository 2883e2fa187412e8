/**
 * Compares a captured snapshot with Zoho's rows. They have no times, so later changes cannot be
 * distinguished from errors.
 */

import {hash} from 'node:crypto';
import {newProgress} from '../../capture/progress.ts';
import {ZohoError} from '../../errors/errors.ts';
import {lines} from '../../flow/lines.ts';
import {pipeThrough} from '../../pipeline.ts';
import {systemClock} from '../../platform/clock.ts';
import {Semaphore} from '../../platform/semaphore.ts';
import {RowDigest} from '../../records/row-digest.ts';
import {batchWriter} from '../../sinks/writers.ts';
import {bulkRows} from '../../sources/bulk.ts';
import {withReferenceIds} from '../../sources/reference-names.ts';
import {NumberStream} from '../../transforms/number-rows.ts';
import type {Reading} from './reading.ts';
import {contentOf} from './unpacked.ts';

type Shared = 'module' | 'plan' | 'comparison' | 'quarantine' | 'client' | 'signal' | 'log' | 'work';

export interface SnapshotReading extends Pick<Reading, Shared> {
  /** The file, and how many of its bytes count. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Compares all rows as often as they occur, regardless of their numbers (about 100 bytes of memory
 * a row).
 */
export async function compareSnapshot(reading: SnapshotReading): Promise<void> {
  const {comparison, work} = reading;
  const left = new Map<string, {count: number; id: string}>();
  for (const {digest, id} of (await capturedRows(reading)).values()) {
    const row = left.get(digest) ?? {count: 0, id};
    row.count++;
    left.set(digest, row);
  }
  await eachRow(reading, async (text) => {
    const {digest, id} = rowOf(text);
    const row = left.get(digest);
    if (row === undefined || row.count === 0) comparison.missingRow(id);
    else {
      row.count--;
      comparison.sameRow();
    }
    work.add();
    await work.pause();
  });
  for (const {count, id} of left.values()) for (let i = 0; i < count; i++) comparison.notAtZoho(id);
}

interface Row {
  /** Represents everything but the number. */
  readonly digest: string;
  readonly id: string;
}

const deletion = /^\{"_meta":\{"op":"d","row_id":(\d+)\}\}$/;
const meta = /,"_meta":\{"op":"[cu]","row_id":(\d+)\}\}$/;

/** The rows that result from a file, by number. */
async function capturedRows({path, bytes, work}: SnapshotReading): Promise<Map<number, Row>> {
  const rows = new Map<number, Row>();
  if (bytes === 0) return rows;
  for await (const line of lines(contentOf(path, bytes))) {
    const deleted = deletion.exec(line)?.[1];
    const number = meta.exec(line)?.[1];
    if (deleted !== undefined) rows.delete(Number(deleted));
    else if (number !== undefined) rows.set(Number(number), rowOf(line));
    else
      throw new Error(
        `Cannot read a line of ${path}: it does not end with the number of a row, so it is not a row of a snapshot`,
      );
    await work.pause();
  }
  return rows;
}

function rowOf(text: string): Row {
  return {
    // Equivalent mutants (StringLiteral): rows of both sides are digested alike
    digest: hash('sha256', text.replace(meta, ''), 'base64'),
    id: /[{,]"id":(\d+)[,}]/.exec(text)?.[1] ?? 'a row without id',
  };
}

/**
 * Passes each of Zoho's rows to `take`, as a capture would write it. Fields that Zoho refuses are
 * omitted, which is logged before any row is read.
 */
async function eachRow(reading: SnapshotReading, take: (text: string) => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await readRows(reading, take);
    } catch (error) {
      if (!(error instanceof ZohoError) || !reading.plan.refuse('bulk', String(error.field))) throw error;
    }
  }
}

async function readRows(reading: SnapshotReading, take: (text: string) => Promise<void>): Promise<void> {
  const {module, plan, client, signal, log, quarantine} = reading;
  const columns = plan.bulkSlices[0]!.filter((name) => name !== 'Modified_Time');
  const range = {module, slices: [columns], fields: plan.all, fromS: 0, whole: true, done: {}};
  const slots = {jobSlots: new Semaphore(1), pageSlots: new Semaphore(1)};
  const context = {client, clock: systemClock, signal, log, progress: newProgress(module), quarantine, ...slots};
  // Equivalent mutants (ObjectLiteral,StringLiteral): a job for a whole module names no time
  const place = {cutoff: '1970-01-01T00:00:00Z'};
  const rows = withReferenceIds(bulkRows(range, place, context), {
    module,
    fields: plan.all,
    client,
    signal,
  });
  await pipeThrough(rows, new NumberStream(new RowDigest(), 0), {
    module,
    fields: plan.all,
    keyless: true,
    signal,
    onMisfit() {},
    into: batchWriter(async ({items: {bytes, ranges, count}}) => {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < count; i++) await take(text.toString('utf8', ranges[2 * i], ranges[2 * i + 1]));
    }),
  });
}
