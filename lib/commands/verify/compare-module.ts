/** Compares what was captured of one module with Zoho, as far as its capture had come. */
import {join} from 'node:path';
import {FieldPlan} from '../../capture/field-plan.ts';
import {ConfigError} from '../../errors/errors.ts';
import {type SnapshotState, savedSnapshot} from '../../flow/snapshot-state.ts';
import {savedBinding} from '../../flow/state.ts';
import type {Log} from '../../platform/log.ts';
import {own} from '../../platform/own-property.ts';
import type {Field} from '../../records/field.ts';
import {hasCode} from '../../sinks/files/disk.ts';
import type {Manifest, ManifestFile} from '../../sinks/files/manifest.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import type {SetupBinding} from '../context.ts';
import type {Work} from '../terminal/work.ts';
import {CapturedFile} from './captured.ts';
import {Comparison} from './compare.ts';
import {type Extent, extentOf, notCaptured} from './extent.ts';
import {ListedQuarantine} from './left-out.ts';
import {compareDeletions, compareRows, compareUntimed, type Reading} from './reading.ts';
import {leaveOutRefused} from './refused.ts';
import type {Verified} from './report.ts';
import {compareSnapshot} from './snapshot.ts';

export interface CompareArguments {
  /** The directory of the capture. */
  readonly out: string;
  /** Whether the values of all records are compared, instead of about `sample` of them. */
  readonly full?: boolean;
  readonly sample: number;
}

export interface CompareContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Shows how far the comparison is. */
  readonly work: Pick<Work, 'begin' | 'add' | 'pause'>;
}

/** Compares one module, or gives the reason why that is not possible. */
export async function compareModule(
  {resource: {name: module}, collection, stateKey}: SetupBinding,
  manifest: Manifest,
  args: CompareArguments,
  context: CompareContext,
): Promise<Verified> {
  const file = own(manifest.files, collection);
  if (file === undefined) return {module, ...notCaptured};
  const snapshot = savedSnapshot(manifest.state, stateKey);
  const extent = snapshot === undefined ? extentOf(savedBinding(manifest.state, stateKey)) : snapshotExtent(snapshot);
  if ('reason' in extent) return {module, ...extent};
  const fields = await context.client.fields(module, context.signal);
  if (fields === null) return {module, reason: 'Zoho has no field metadata for it'};
  try {
    const comparison =
      'takenAt' in extent
        ? await snapshotCompared(module, fields, file, extent, args, context)
        : await recordsCompared(module, fields, file, extent, args, context);
    return {module, comparison};
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new ConfigError(
      `Cannot verify ${args.out}: ${file.file} has been removed since it was written; put it back, or capture again`,
    );
  }
}

/** When the captured snapshot was taken. */
interface SnapshotExtent {
  readonly takenAt: string | undefined;
}

function snapshotExtent({updatedAt, lastDigest}: SnapshotState): SnapshotExtent | {readonly reason: string} {
  return lastDigest === undefined ? {reason: 'its snapshot is not complete; run capture again first'} : {takenAt: updatedAt};
}

async function recordsCompared(
  module: string,
  fields: readonly Field[],
  {file, bytes}: ManifestFile,
  extent: Extent,
  {out, full, sample}: CompareArguments,
  context: CompareContext,
): Promise<Comparison> {
  const {client, signal, work} = context;
  work.begin(`Reading the file of ${module}, bytes`, bytes);
  const captured = await CapturedFile.open(join(out, file), bytes, (read) => {
    work.add(read);
    return work.pause();
  });
  try {
    const plan = new FieldPlan(fields);
    await leaveOutRefused(module, plan, client, signal);
    const comparison = new Comparison(captured, {
      computed: new Set([...fields.filter((field) => field.computed).map(({name}) => name), ...plan.coverage.bulkOnly]),
      instants: new Set(fields.filter(({type}) => type === 'datetime').map(({name}) => name)),
    });
    const reading: Reading = {
      module,
      plan,
      ...extent,
      share: full === true ? 1 : sample / captured.size,
      captured,
      left: new Set(captured.ids()),
      comparison,
      quarantine: new ListedQuarantine(comparison),
      ...context,
    };
    work.begin(`Comparing ${module} with Zoho`, captured.size);
    await compareRows(reading);
    await compareUntimed(reading);
    await compareDeletions(reading);
    return comparison;
  } finally {
    captured.close();
  }
}

/** Rows of a snapshot have no times, so changes in Zoho since then count as differences. */
async function snapshotCompared(
  module: string,
  fields: readonly Field[],
  {file, bytes}: ManifestFile,
  {takenAt}: SnapshotExtent,
  {out}: CompareArguments,
  context: CompareContext,
): Promise<Comparison> {
  const comparison = new Comparison(new Map());
  const quarantine = new ListedQuarantine(comparison);
  context.work.begin(`Comparing ${module} with Zoho`);
  const plan = new FieldPlan(fields);
  await compareSnapshot({module, plan, path: join(out, file), bytes, comparison, quarantine, ...context});
  if (!comparison.isSame)
    context.log('info', `Rows of module ${module} have no times: changes since the snapshot of ${takenAt} count as differences`, {
      module,
    });
  return comparison;
}
