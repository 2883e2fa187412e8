/**
 * `source-zoho verify`: compares captured files with Zoho by id, up to the point that the capture
 * had reached.
 */
import {join} from 'node:path';
import {FieldPlan} from '../../capture/field-plan.ts';
import {ConfigError, ZohoError} from '../../errors/errors.ts';
import {type SnapshotState, savedSnapshot} from '../../flow/snapshot-state.ts';
import {savedBinding} from '../../flow/state.ts';
import {own} from '../../platform/own-property.ts';
import {folderDisk, hasCode} from '../../sinks/files/disk.ts';
import {lockFolder} from '../../sinks/files/lock.ts';
import {type Manifest, type ManifestFile, manifestName, parseManifest, refuseOther} from '../../sinks/files/manifest.ts';
import {bindingsOf} from '../bindings.ts';
import {ChosenFields} from '../chosen-fields.ts';
import {type Setup, type SetupArguments, type SetupBinding, setUpToAnswer, withFields} from '../context.ts';
import type {CommandContext} from '../host.ts';
import {type Work, working} from '../terminal/work.ts';
import {CapturedFile} from './captured.ts';
import {Comparison} from './compare.ts';
import {extentOf} from './extent.ts';
import {ListedQuarantine} from './left-out.ts';
import {compareDeletions, compareRows, compareUntimed, type Reading} from './reading.ts';
import {leaveOutRefused} from './refused.ts';
import {type ReportOptions, report, type Verified} from './report.ts';
import {compareSnapshot} from './snapshot.ts';

export interface VerifyArguments extends SetupArguments, ReportOptions {
  readonly out: string;
  readonly full?: boolean;
  readonly sample: number;
}

export async function verify(host: CommandContext, args: VerifyArguments): Promise<number> {
  if (args.full !== true && args.sample === 0)
    throw new ConfigError('Cannot compare 0 records: pass --sample with at least 1, or --full');
  const text = await folderDisk(args.out).read(manifestName);
  if (text === undefined)
    throw new ConfigError(`Cannot verify ${args.out}: it has no ${manifestName}, so capture did not write it`);
  return report(host, args, await working(host, (work) => compareAll({...host, log: work.log}, args, text, work)));
}

async function compareAll(host: CommandContext, args: VerifyArguments, text: string, work: Work): Promise<Verified[]> {
  const full = await setUpToAnswer(host, args);
  const unlock = await lockFolder(args.out);
  try {
    const journal = parseManifest(text, args.out);
    const {fields} = journal.capture;
    const setup = fields === undefined ? full : withFields(full, new ChosenFields(fields.split(',')));
    refuseOther(journal, setup.identity, args.out);
    const verified: Verified[] = [];
    for (const binding of await capturedOf(setup, journal, host)) {
      verified.push(await verifyBinding(binding, journal, args, {setup, host, work}).catch(ownFault(binding.resource.name)));
    }
    return verified;
  } finally {
    unlock();
    await full.close();
  }
}

/** A failure of one module does not stop the comparison of others. */
function ownFault(module: string): (error: unknown) => Verified {
  return (error) => {
    if (error instanceof ZohoError && (error.kind === 'module' || error.kind === 'refused'))
      return {module, reason: error.message};
    throw error;
  };
}

/** The bindings that were asked for by name; of others, those that the directory holds. */
async function capturedOf(setup: Setup, journal: Manifest, host: CommandContext): Promise<readonly SetupBinding[]> {
  const bindings = await bindingsOf(setup, host);
  const isNamed = (binding: SetupBinding): boolean =>
    setup.bindings?.some(({collection}) => collection === binding.collection) ?? false;
  return bindings.filter((binding) => isNamed(binding) || Object.hasOwn(journal.files, binding.collection));
}

/** What a comparison needs. */
interface Doing {
  readonly setup: Setup;
  readonly host: CommandContext;
  readonly work: Work;
}

async function verifyBinding(
  {resource: {name: module}, collection, stateKey}: SetupBinding,
  journal: Manifest,
  args: VerifyArguments,
  {setup, host, work}: Doing,
): Promise<Verified> {
  const file = own(journal.files, collection);
  const snapshot = savedSnapshot(journal.state, stateKey);
  if (file !== undefined && snapshot !== undefined) return verifySnapshot(module, file, snapshot, args, {setup, host, work});
  const extent = extentOf(file && savedBinding(journal.state, stateKey));
  if (file === undefined || 'reason' in extent) return {module, ...extent};
  const fields = await setup.client.fields(module, host.signal);
  if (fields === null) return {module, reason: 'Zoho has no field metadata for it'};
  const captured = await openCaptured(module, args.out, file, work);
  try {
    const plan = new FieldPlan(fields);
    await leaveOutRefused(module, plan, setup.client, host.signal);
    const comparison = new Comparison(captured, {
      computed: new Set([...fields.filter((field) => field.computed).map(({name}) => name), ...plan.coverage.bulkOnly]),
      instants: new Set(fields.filter(({type}) => type === 'datetime').map(({name}) => name)),
    });
    const reading: Reading = {
      module,
      plan,
      ...extent,
      share: args.full === true ? 1 : args.sample / Math.max(1, captured.size),
      captured,
      left: new Set(captured.ids()),
      comparison,
      quarantine: new ListedQuarantine(comparison),
      client: setup.client,
      signal: host.signal,
      log: host.log,
      work,
    };
    work.begin(`Comparing ${module} with Zoho`, captured.size);
    await compareRows(reading);
    await compareUntimed(reading);
    await compareDeletions(reading);
    return {module, comparison};
  } finally {
    captured.close();
  }
}

/** Rows of a snapshot have no times, so changes in Zoho since then count as differences. */
async function verifySnapshot(
  module: string,
  {file, bytes}: ManifestFile,
  {updatedAt, lastDigest}: SnapshotState,
  {out}: VerifyArguments,
  {setup: {client}, host: {signal, log}, work}: Doing,
): Promise<Verified> {
  if (lastDigest === undefined) return {module, reason: 'its snapshot is not complete; run capture again first'};
  const fields = await client.fields(module, signal);
  if (fields === null) return {module, reason: 'Zoho keeps no field metadata for it'};
  const comparison = new Comparison({has: () => false, record: () => undefined});
  const quarantine = new ListedQuarantine(comparison);
  work.begin(`Comparing ${module} with Zoho`);
  const path = join(out, file);
  await compareSnapshot({module, plan: new FieldPlan(fields), path, bytes, comparison, quarantine, client, signal, log, work});
  if (!comparison.isSame)
    log('info', `Rows of module ${module} have no times: changes since the snapshot of ${updatedAt} count as differences`, {
      module,
    });
  return {module, comparison};
}

async function openCaptured(module: string, folder: string, {file, bytes}: ManifestFile, work: Work): Promise<CapturedFile> {
  try {
    work.begin(`Reading the file of ${module}, bytes`, bytes);
    return await CapturedFile.open(join(folder, file), bytes, (read) => {
      work.add(read);
      return work.pause();
    });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new ConfigError(
      `Cannot verify ${folder}: ${file} has been removed since it was written; put it back, or capture again`,
    );
  }
}
