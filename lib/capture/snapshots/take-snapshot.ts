/**
 * Takes one snapshot of a module: reads it for its digest and, if that has changed, reads it again
 * and writes it (design 5.7).
 */
import {instantOf} from '../../flow/state.ts';
import {pipeThrough} from '../../pipeline.ts';
import type {RowDigest} from '../../records/row-digest.ts';
import {batchWriter} from '../../sinks/writers.ts';
import {type BulkRange, bulkRows} from '../../sources/bulk.ts';
import {withReferenceIds} from '../../sources/reference-names.ts';
import {type NumberedBatch, NumberStream} from '../../transforms/number-rows.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import {findRefused} from '../bisect-fields.ts';
import {BackfillRecovery} from '../recovery.ts';
import {tally} from '../tally.ts';
import {keptJobs} from './kept-jobs.ts';
import {SnapshotPlace} from './place.ts';
import type {SnapshotBinding} from './snapshot-binding.ts';

/**
 * Brings the collection up to date with Zoho's rows. If they equal the last snapshot, only the time
 * is written. Rows may change between the two readings, so the saved digest is that of the rows
 * written.
 */
export async function takeSnapshot(binding: SnapshotBinding, signal: AbortSignal): Promise<void> {
  const {module, progress, shared, state} = binding;
  const {clock, log} = shared;
  const cost = tally(shared.client);
  const jobs = keptJobs(cost.client);
  const beganMs = clock.elapsedMs();
  progress.range = state.updatedAt === undefined ? 'backfill' : 'snapshot';
  const updatedAt = instantOf(await shared.client.nowSeconds(signal));
  const digestOnly: ReadInto = (onRead) => batchWriter(async (batch) => onRead(batch));
  const read = await readRows(binding, jobs.noting, digestOnly, signal);
  const isChanged = read.text !== state.lastDigest || read.count !== state.lastCount;
  const written = isChanged ? await writeSnapshot(binding, jobs.reusing, updatedAt, signal) : undefined;
  if (written === undefined) await binding.unchanged(updatedAt);
  const rows = (written ?? read).count;
  const seconds = Math.round((clock.elapsedMs() - beganMs) / 1_000);
  const what = written === undefined ? 'unchanged' : `written, ${state.lastCount} before`;
  log('info', `The snapshot of module ${module} is complete: ${rows} rows, ${what}, in ${seconds} s, ${cost.credits()} credits`, {
    module,
    rows,
    seconds,
    credits: cost.credits(),
    changed: isChanged,
  });
  progress.range = undefined;
}

async function writeSnapshot(
  binding: SnapshotBinding,
  client: ZohoClient,
  updatedAt: string,
  signal: AbortSignal,
): Promise<RowDigest> {
  const written = await readRows(binding, client, (onRead) => binding.rowsWriter(onRead), signal);
  await binding.finish(written, updatedAt, signal);
  return written;
}

/** Makes the end of a pipe that calls `onRead` after each batch. */
type ReadInto = (onRead: (batch: NumberedBatch) => void) => WritableStream<NumberedBatch>;

/**
 * Reads all rows into the end of a pipe, with all retries. Resolves with the digest of all rows.
 */
async function readRows(binding: SnapshotBinding, client: ZohoClient, into: ReadInto, signal: AbortSignal): Promise<RowDigest> {
  const {module, shared, progress, quarantine, warnings} = binding;
  const place = new SnapshotPlace();
  const recovery = recoveryOf(binding, place);
  for (let again = false; ; again = true) {
    const {all: fields} = binding.fields;
    const onAccepted = (names: readonly string[]): Promise<void> => binding.confirm(names);
    const rows = bulkRows(rangeOf(binding), place.backfill, {...shared, client, quarantine, progress, signal, again, onAccepted});
    try {
      await pipeThrough(
        withReferenceIds(rows, {module, fields, quoting: binding.fields.quoting, client, signal}),
        new NumberStream(place.digest, binding.state.lastCount),
        {
          module,
          fields,
          keyless: true,
          signal,
          onMisfit: (field) => warnings.misfit(field, fields),
          onReplaced: (value) => warnings.replaced(value),
          into: into(({read, digest}) => place.pass(read, digest)),
        },
      );
      return place.digest;
    } catch (error) {
      await recovery.apply(error, signal);
    }
  }
}

/** The recovery of backfills, with the place of a reading in the role of the saved state. */
function recoveryOf(binding: SnapshotBinding, place: SnapshotPlace): BackfillRecovery {
  const {module, shared} = binding;
  const reading = {
    module,
    shared,
    get state() {
      return place;
    },
    patch: async (patch: Readonly<Record<string, unknown>>) => place.recover(patch),
    refuse: (_api: 'bulk', field: string) => binding.refuse(field),
  };
  return new BackfillRecovery(reading, async (signal) => {
    const names = binding.columns.filter((name) => name !== 'id');
    const {found} = await findRefused({
      names,
      suspects: names.filter((name) => binding.fields.all.get(name)!.hidden === true),
      createJob: (some) => shared.client.createJob({module, fields: ['id', ...some], fromS: 0, toS: 0, whole: true}, signal),
      refuse: (name) => binding.refuse(name),
    });
    return found.size > 0;
  });
}

function rangeOf(binding: SnapshotBinding): BulkRange {
  const {module, fields} = binding;
  return {module, slices: [binding.columns], fields: fields.all, fromS: 0, whole: true, done: {}};
}
