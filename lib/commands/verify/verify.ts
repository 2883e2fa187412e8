/** `source-zoho verify`: captured files beside Zoho itself, by id, as far as the capture had come. */
import {join} from 'node:path';
import {ModuleFields} from '../../capture/field-plan.ts';
import {newProgress} from '../../capture/progress.ts';
import {columnCodes, findRefusedColumns, takeHint} from '../../capture/refused-columns.ts';
import {ConfigError, ZohoError} from '../../errors/errors.ts';
import {instantOf, savedBinding, secondsOf} from '../../flow/state.ts';
import {verifyAheadS, windowOverlapS} from '../../limits.ts';
import {pipe} from '../../pipeline.ts';
import {systemClock} from '../../platform/clock.ts';
import {own} from '../../platform/own-property.ts';
import {Slots} from '../../platform/semaphore.ts';
import type {Docs} from '../../records/batch.ts';
import {idOf, modifiedOf} from '../../records/documents.ts';
import {modifiedSeconds} from '../../records/instant.ts';
import {folderDisk, hasCode} from '../../sinks/files/disk.ts';
import {lockFolder} from '../../sinks/files/lock.ts';
import {type Journal, type JournalFile, journalName, parseJournal, refuseOther} from '../../sinks/files/manifest.ts';
import {bulkRows} from '../../sources/bulk.ts';
import {deletedPages} from '../../sources/deleted.ts';
import {parseCoql} from '../../transforms/parse-json.ts';
import {windowQuery} from '../../zoho/coql.ts';
import {bindingsOf, type Setup, type SetupArguments, type SetupBinding, setUpToAnswer} from '../context.ts';
import {exit, type Host, say, sayJson} from '../host.ts';
import {counted, tableLines} from '../terminal/table.ts';
import {CapturedFile} from './captured.ts';
import {Comparison} from './compare.ts';
import {propertiesOf} from './properties.ts';

export interface VerifyArguments extends SetupArguments {
  readonly out: string;
  readonly full?: boolean;
  readonly sample: number;
  /** Values that differ are shown only on request: they are customers' data, and reports go to tickets. */
  readonly showValues?: boolean;
  readonly json?: boolean;
}

interface Verified {
  readonly module: string;
  /** Why nothing was compared. */
  readonly reason?: string;
  readonly comparison?: Comparison;
}

export async function verify(host: Host, args: VerifyArguments): Promise<number> {
  if (args.full !== true && args.sample === 0)
    throw new ConfigError('Cannot compare a sample of no record: say --sample with at least 1, or --full');
  const text = await folderDisk(args.out).read(journalName);
  if (text === undefined)
    throw new ConfigError(`Cannot verify ${args.out}: it has no ${journalName}, so capture did not write it`);
  const setup = await setUpToAnswer(host, args);
  const unlock = await lockFolder(args.out);
  try {
    const journal = parseJournal(text, args.out);
    refuseOther(journal, setup.identity, args.out);
    const verified: Verified[] = [];
    for (const binding of await capturedOf(setup, journal, host)) {
      host.log('info', `Comparing ${binding.resource.name}`);
      verified.push(await verifyBinding(binding, journal, args, setup, host).catch(ownFault(binding.resource.name)));
    }
    return tell(host, args, verified);
  } finally {
    unlock();
    await setup.close();
  }
}

/** What Zoho says of one module alone does not keep the others from being compared. */
function ownFault(module: string): (error: unknown) => Verified {
  return (error) => {
    if (error instanceof ZohoError && (error.kind === 'module' || error.kind === 'refused'))
      return {module, reason: error.message};
    throw error;
  };
}

/** The bindings that were asked for; of all, those that the directory holds. */
async function capturedOf(setup: Setup, journal: Journal, host: Host): Promise<readonly SetupBinding[]> {
  const bindings = await bindingsOf(setup, host);
  return setup.bindings === undefined ? bindings.filter(({collection}) => Object.hasOwn(journal.files, collection)) : bindings;
}

async function verifyBinding(
  {resource: {name: module}, collection, stateKey}: SetupBinding,
  journal: Journal,
  args: VerifyArguments,
  setup: Setup,
  host: Host,
): Promise<Verified> {
  const file = own(journal.files, collection);
  const state = savedBinding(journal.state, stateKey);
  if (file === undefined || state?.start === undefined || state.inc === undefined)
    return {module, reason: 'it has not been captured into this directory'};
  if (state.backfill != null && state.is_connector_initiated !== true)
    return {module, reason: 'its backfill is not complete; run capture again first'};
  const fields = await setup.client.fields(module, host.signal);
  if (fields === null) return {module, reason: 'Zoho keeps no field metadata for it'};
  const captured = openCaptured(args.out, file);
  try {
    const plan = new ModuleFields(fields);
    await leaveOutRefused(module, plan, setup, host);
    const comparison = new Comparison(captured, {
      computed: new Set([...fields.filter((field) => field.computed).map(({name}) => name), ...plan.coverage.bulkOnly]),
      instants: new Set(fields.filter(({type}) => type === 'datetime').map(({name}) => name)),
    });
    const range: Range = {
      module,
      plan,
      startS: secondsOf(state.start),
      cursorS: secondsOf(state.inc.cursor),
      share: args.full === true ? 1 : args.sample / Math.max(1, captured.size),
    };
    const left = await compareRows(range, captured, comparison, setup, host);
    await compareDeletions(module, secondsOf(state.deleted?.cursor ?? state.start), left, comparison, setup, host);
    return {module, comparison};
  } finally {
    captured.close();
  }
}

/** Finds out which fields COQL refuses, with a query of one record for each slice of them: changes come without these. */
async function leaveOutRefused(module: string, plan: ModuleFields, {client}: Setup, {signal}: Host): Promise<void> {
  const {quoting} = plan;
  const search = {module, client, fields: plan, fromS: 0, refuse: async (column: string) => plan.refuse('coql', column)};
  for (let slice = 0; slice < plan.coqlSlices.length; ) {
    const columns = plan.coqlSlices[slice] ?? [];
    try {
      await client.coql(
        windowQuery({module, columns, fromS: 0, limit: 1, quoting}),
        (body) => parseCoql(body, columns, plan.all),
        signal,
      );
      slice++;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ZohoError) || (error.kind !== 'field' && error.kind !== 'refused')) throw error;
      if (await takeHint(search, error)) continue;
      if (columnCodes.has(error.code ?? '') && (await findRefusedColumns(search, signal))) continue;
      // Perhaps too many columns. What is refused for good is not what is compared here.
      if (!plan.narrowCoql()) return;
      slice = 0;
    }
  }
}

function openCaptured(folder: string, {file, bytes}: JournalFile): CapturedFile {
  try {
    return new CapturedFile(join(folder, file), bytes);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new ConfigError(`Cannot verify ${folder}: ${file} has been removed since it was written; put it back, or capture anew`);
  }
}

interface Range {
  readonly module: string;
  readonly plan: ModuleFields;
  readonly startS: number;
  /** Records changed from here on were changed since the capture. */
  readonly cursorS: number;
  /** Part of the records whose values are compared. */
  readonly share: number;
}

/** Compares all records that Zoho has now; gives the ids of captured ones that it does not have. */
async function compareRows(
  {module, plan, startS, cursorS, share}: Range,
  captured: CapturedFile,
  comparison: Comparison,
  {client}: Setup,
  {signal}: Host,
): Promise<Set<string>> {
  const left = new Set(captured.ids());
  const cutoff = instantOf((await client.nowSeconds(signal)) + verifyAheadS);
  const read = async (slice: number): Promise<void> => {
    const context = {
      client,
      clock: systemClock,
      signal,
      progress: newProgress(module),
      jobSlots: new Slots(1),
      pageSlots: new Slots(1),
    };
    const fields = plan.bulkSlices[slice] ?? [];
    const rows = bulkRows({module, slices: [fields], fromS: startS, done: {}}, {cutoff}, context);
    const compare = (docs: Docs, at: number): void => {
      const id = String(idOf(docs, at));
      const isLater = modifiedSeconds(modifiedOf(docs, at)) >= cursorS;
      if (slice === 0) {
        left.delete(id);
        if (isLater) comparison.changedSince++;
        else comparison.present(id);
      }
      if (isLater || !captured.has(id) || !isSampled(id, share)) return;
      comparison.values(id, propertiesOf(textOf(docs, at)));
    };
    await pipe(rows, {
      module,
      fields: plan.all,
      signal,
      onMisfit() {},
      async write({items}) {
        for (let at = 0; at < items.count; at++) compare(items, at);
      },
    });
  };
  for (let slice = 0; slice < plan.bulkSlices.length; ) {
    try {
      await read(slice);
      slice++;
    } catch (error) {
      // Refused before any row is read, so that nothing is counted twice.
      const refused = error instanceof ZohoError && error.kind === 'field' ? error.field : undefined;
      if (refused === undefined || !plan.refuse('bulk', refused)) throw error;
    }
  }
  return left;
}

function textOf({bytes, ranges}: Docs, i: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', ranges[2 * i], ranges[2 * i + 1]);
}

/** The same records every time, spread over all of them. */
function isSampled(id: string, share: number): boolean {
  const parts = 1_000_003n;
  return Number((BigInt(id) * 7_919n) % parts) < share * Number(parts);
}

/** Tells records deleted since the capture from those that should have been deleted by it. */
async function compareDeletions(
  module: string,
  cursorS: number,
  left: ReadonlySet<string>,
  comparison: Comparison,
  {client}: Setup,
  {signal, log}: Host,
): Promise<void> {
  if (left.size === 0) return;
  const deletedSince = new Set<string>();
  try {
    for await (const page of deletedPages(module, cursorS - windowOverlapS, {client, signal})) {
      if ('rows' in page) for (const {id} of page.rows) deletedSince.add(id);
    }
  } catch (error) {
    if (!(error instanceof ZohoError) || error.kind !== 'module') throw error;
    // A module whose deletions Zoho does not tell is captured without them.
    comparison.changedSince += left.size;
    log('warn', `Module ${module} is captured without deletions; ${left.size} of its records are not at Zoho any more`);
    return;
  }
  for (const id of left) {
    if (deletedSince.has(id)) comparison.changedSince++;
    else comparison.notAtZoho(id);
  }
}

function differenceOf(captured: string | undefined, zoho: string, {showValues}: VerifyArguments): string {
  if (showValues === true) return `is ${captured ?? 'absent'}, at Zoho ${zoho}`;
  return captured === undefined ? 'is absent' : 'differs';
}

function tell(host: Host, args: VerifyArguments, verified: readonly Verified[]): number {
  if (args.json === true) {
    sayJson(host, {
      modules: verified.map(({module, reason, comparison}) => ({
        module,
        reason,
        ...(comparison && {
          records: comparison.records,
          compared: comparison.compared,
          missing: comparison.missing,
          extra: comparison.extra,
          differing: comparison.differing,
          awaitingRefresh: comparison.awaitingRefresh,
          changedSince: comparison.changedSince,
          differences: comparison.shown.map(({captured, zoho, ...difference}) =>
            args.showValues === true ? {...difference, captured, zoho} : difference,
          ),
        }),
      })),
    });
  }
  const right = {align: 'right'} as const;
  const titles = ['records', 'compared', 'missing', 'too many', 'differing', 'awaiting refresh', 'changed since'];
  const rows = verified.map(({module, reason, comparison: it}) =>
    it === undefined
      ? [module, '', '', '', '', '', '', '', reason]
      : [module, it.records, it.compared, it.missing, it.extra, it.differing, it.awaitingRefresh, it.changedSince, ''],
  );
  for (const line of tableLines([{title: 'module'}, ...titles.map((title) => ({title, ...right})), {title: ''}], rows))
    say(host, line);
  for (const {module, comparison} of verified) {
    for (const {id, what, captured, zoho} of comparison?.shown ?? [])
      say(host, `${module} ${id}: ${zoho === undefined ? what : `${what} ${differenceOf(captured, zoho, args)}`}`);
  }
  const differing = verified.filter(({comparison}) => comparison !== undefined && !comparison.isSame);
  const skipped = verified.filter(({comparison}) => comparison === undefined);
  if (differing.length > 0) {
    say(host, `Differences found in ${counted(differing.length, 'module')}`);
    return exit.different;
  }
  if (skipped.length > 0) {
    say(host, `${counted(skipped.length, 'module')} could not be compared`);
    return exit.failed;
  }
  say(host, `${counted(verified.length, 'module')} compared, no difference found`);
  return exit.done;
}
