/** `source-zoho check`: whether a configuration works, and what it could capture. */
import {styleText} from 'node:util';
import {FieldPlan} from '../capture/field-plan.ts';
import {startReason} from '../capture/start.ts';
import {ConfigError, ZohoError} from '../errors/errors.ts';
import {daysBefore, defaultStartDays} from '../flow/state.ts';
import type {ModuleEntry} from '../zoho/catalog.ts';
import {windowQuery} from '../zoho/coql.ts';
import {accountsOrigin} from '../zoho/data-centers.ts';
import {missingScopes, scopesNeeded} from '../zoho/scopes.ts';
import {modulesOf} from './bindings.ts';
import {Bundle, type Found} from './bundle.ts';
import {type Setup, type SetupArguments, setUpToAnswer} from './context.ts';
import {estimate, estimateJson, estimateLines} from './estimate.ts';
import {type CommandContext, exit, print, say, sayJson} from './host.ts';
import {counted, grouped, tableLines} from './terminal/table.ts';

export interface CheckArguments extends SetupArguments {
  readonly json?: boolean;
  /** Also estimate a backfill, and what each day afterwards costs. */
  readonly estimate?: boolean;
  /** A support bundle to write, whatever the check finds. */
  readonly supportBundle?: string;
  /** Directory of a local capture whose state goes into the bundle. */
  readonly out?: string;
}

/** What is known about a module that can be captured. */
interface Coverage {
  readonly fields: number;
  readonly computed: readonly string[];
  readonly bulkOnly: readonly string[];
  readonly coqlOnly: readonly string[];
  readonly neither: readonly string[];
}

export async function check(host: CommandContext, args: CheckArguments): Promise<number> {
  const {supportBundle: path, out: folder} = args;
  if (path === undefined) {
    if (folder !== undefined) throw new ConfigError('Cannot use --out without --support-bundle');
    return examine(host, args, {});
  }
  const bundle = await Bundle.begin(path);
  const found: Found = {};
  let failure: unknown;
  try {
    return await examine({...host, log: bundle.over(host.log)}, args, found);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await bundle.write(found, {failure, folder, env: host.env});
    say(host, `Wrote ${path}; read it through before you send it`);
  }
}

/**
 * The check itself. It stores what it finds in `found` as it goes, so that a failure keeps what
 * came before.
 */
async function examine(host: CommandContext, args: CheckArguments, found: Found): Promise<number> {
  const setup = await setUpToAnswer(host, args);
  found.setup = setup;
  try {
    const {client} = setup;
    const scopes = await client.scopes(host.signal);
    found.scopes = scopes;
    const missing = scopes === undefined ? [] : missingScopes(scopes);
    if (missing.length > 0) throw lacking(missing);
    const modules = await modulesOf(setup, host);
    found.modules = modules;
    if (scopes === undefined)
      await probe(
        setup,
        host,
        modules.filter(({skip, snapshot}) => skip === undefined && snapshot !== true),
      );
    const clock = new Date((await client.nowSeconds(host.signal)) * 1_000).toISOString();
    found.clock = clock;
    const reckoned = args.estimate === true ? await estimate(setup, host, modules) : undefined;
    if (args.json === true) {
      const accounts = accountsOrigin(client.origin);
      sayJson(host, {
        api: client.origin,
        accounts,
        clock,
        scopes,
        start: {date: setup.config.startDate ?? daysBefore(clock, defaultStartDays), reason: startReason(setup.config.startDate)},
        credits: {spent: client.spent().creditsTotal, remaining: client.spent().remaining},
        modules: modules.map((entry) => ({
          module: entry.name,
          label: entry.label,
          captured: entry.skip === undefined,
          snapshot: entry.snapshot,
          reason: entry.skip,
          ...(entry.skip === undefined && coverageOf(entry)),
        })),
        ...(reckoned && {estimate: estimateJson(reckoned)}),
      });
      return exit.done;
    }
    for (const line of reportLines(host, setup, {modules, clock, scopes})) print(host, line);
    if (reckoned !== undefined) for (const line of ['', ...estimateLines(reckoned, host.outputColumns())]) print(host, line);
    return exit.done;
  } finally {
    await setup.close();
  }
}

interface Examined {
  readonly modules: readonly ModuleEntry[];
  readonly clock: string;
  readonly scopes: readonly string[] | undefined;
}

function reportLines(host: CommandContext, {client, config}: Setup, {modules, clock, scopes}: Examined): string[] {
  const paint = (style: 'green' | 'yellow', text: string): string =>
    host.outputColors ? styleText(style, text, {validateStream: false}) : text;
  const {callsTotal, creditsTotal, remaining} = client.spent();
  const setupRows = [
    ['API host', client.origin],
    ['accounts host', accountsOrigin(client.origin)],
    ['credentials', paint('green', 'accepted')],
    ['API permission', paint('green', 'granted')],
    ['scopes', scopes === undefined ? 'Zoho does not list them; every API answers' : paint('green', 'all that are needed')],
    ["Zoho's clock", clock],
    ['records since', startOf(config.startDate, clock)],
    ['spent on this check', `${counted(callsTotal, 'API call')}, ${counted(creditsTotal, 'credit')}`],
    ...(remaining === undefined ? [] : [['credits left', grouped(remaining)]]),
  ];
  const width = host.outputColumns();
  const right = {align: 'right'} as const;
  const captured = modules.flatMap((entry) => {
    if (entry.skip !== undefined) return [];
    const {fields, computed, ...only} = coverageOf(entry);
    const how = entry.snapshot === true ? 'snapshot' : 'captured';
    return [
      [entry.name, paint('green', how), fields, computed.length, entry.snapshot === true ? snapshotRemark(only) : remarkOf(only)],
    ];
  });
  const skipped = modules.flatMap(({name, skip}) => (skip === undefined ? [] : [[name, paint('yellow', 'skipped'), skip]]));
  const columns = [{title: 'module'}, {title: ''}, {title: 'fields', ...right}, {title: 'formulas', ...right}, {title: ''}];
  return [
    ...tableLines([{title: ''}, {title: ''}], setupRows, width).slice(1),
    '',
    ...tableLines(columns, captured, width),
    ...(skipped.length === 0 ? [] : ['', ...tableLines([{title: ''}, {title: ''}, {title: ''}], skipped, width).slice(1)]),
    '',
    `${counted(captured.length, 'module')} can be captured, ${grouped(skipped.length)} are skipped`,
  ];
}

/** From when a capture that starts now has records, and why. */
function startOf(startDate: string | undefined, clock: string): string {
  return `${startDate ?? daysBefore(clock, defaultStartDays)} in every module: ${startReason(startDate)}`;
}

function lacking(missing: readonly string[]): ZohoError {
  return new ZohoError(
    'credentials',
    `The refresh token lacks ${missing.length === 1 ? 'the scope' : 'the scopes'} ${missing.join(', ')}; generate a new one with all of ${Object.values(scopesNeeded).join(',')}`,
    {code: 'OAUTH_SCOPE_MISMATCH'},
  );
}

/**
 * Calls the APIs that listing modules does not use, because some have scopes of their own. It tries
 * one module after another.
 *
 * @throws ZohoError of kind `credentials` when they answer for none.
 */
async function probe({client}: Setup, host: CommandContext, captured: readonly ModuleEntry[]): Promise<void> {
  let refusal: ZohoError | undefined;
  for (const {name} of captured.slice(0, probesMax)) {
    try {
      const nowS = await client.nowSeconds(host.signal);
      await client.coql(windowQuery({module: name, columns: ['id'], fromS: nowS, limit: 1}), host.signal);
      await client.deleted(name, nowS, 1, host.signal);
      return;
    } catch (error) {
      if (!(error instanceof ZohoError) || (error.kind !== 'module' && error.kind !== 'refused')) throw error;
      if (error.code === 'OAUTH_SCOPE_MISMATCH') refusal ??= error;
    }
  }
  if (refusal === undefined) return;
  const {coql, records} = scopesNeeded;
  const message = `The refresh token's scopes cover no module; generate a new one that includes ${coql} and ${records}: ${refusal.message}`;
  throw new ZohoError('credentials', message, {cause: refusal, code: refusal.code});
}

/** Modules to try before their refusals are conclusive. */
const probesMax = 5;

function coverageOf({fields = []}: ModuleEntry): Coverage {
  const computed = fields.filter((field) => field.computed).map(({name}) => name);
  return {fields: fields.length, computed, ...new FieldPlan(fields).coverage};
}

function remarkOf({bulkOnly, coqlOnly, neither}: Omit<Coverage, 'fields' | 'computed'>): string {
  const parts = [
    bulkOnly.length > 0 && `with backfills and refreshes only: ${someOf(bulkOnly)}`,
    coqlOnly.length > 0 && `with changes only: ${someOf(coqlOnly)}`,
    neither.length > 0 && `not readable: ${someOf(neither)}`,
  ];
  return parts.filter((part) => part !== false).join('; ');
}

/** Nothing comes with changes: what Bulk Read does not read is not captured. */
function snapshotRemark({coqlOnly, neither}: Omit<Coverage, 'fields' | 'computed'>): string {
  const missing = [...coqlOnly, ...neither];
  return ['has no Modified_Time', ...(missing.length > 0 ? [`not readable: ${someOf(missing)}`] : [])].join('; ');
}

const namesShown = 3;

function someOf(names: readonly string[]): string {
  const more = names.length - namesShown;
  return `${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
