/** `source-zoho check`: whether a configuration works, and what it could capture. */
import {styleText} from 'node:util';
import {ModuleFields} from '../capture/field-plan.ts';
import {ConfigError, ZohoError} from '../errors/errors.ts';
import type {ModuleEntry} from '../zoho/catalog.ts';
import {windowQuery} from '../zoho/coql.ts';
import {accountsOrigin} from '../zoho/data-centers.ts';
import {missingScopes, scopesNeeded} from '../zoho/scopes.ts';
import {Bundle, type Found} from './bundle.ts';
import {modulesOf, type Setup, type SetupArguments, setUpToAnswer} from './context.ts';
import {exit, type Host, say, sayJson} from './host.ts';
import {counted, grouped, tableLines} from './terminal/table.ts';

export interface CheckArguments extends SetupArguments {
  readonly json?: boolean;
  /** A file to write for the report of a problem, whatever the check comes to. */
  readonly supportBundle?: string;
  /** Directory of a local capture whose state goes into that file. */
  readonly out?: string;
}

/** What is known of a module that can be captured. */
interface Coverage {
  readonly fields: number;
  readonly computed: readonly string[];
  readonly bulkOnly: readonly string[];
  readonly coqlOnly: readonly string[];
  readonly neither: readonly string[];
}

export async function check(host: Host, args: CheckArguments): Promise<number> {
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

/** The check itself. What it finds goes to `found` as it comes, so that a failure leaves what came before. */
async function examine(host: Host, args: CheckArguments, found: Found): Promise<number> {
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
    const captured = modules.filter(({skip}) => skip === undefined);
    if (scopes === undefined) await probe(setup, host, captured);
    const clock = new Date((await client.nowSeconds(host.signal)) * 1_000).toISOString();
    found.clock = clock;
    const {callsTotal, creditsTotal, remaining} = client.spent();
    if (args.json === true) {
      const accounts = accountsOrigin(client.origin);
      sayJson(host, {
        api: client.origin,
        accounts,
        clock,
        scopes,
        credits: {spent: creditsTotal, remaining},
        modules: modules.map((entry) => ({
          module: entry.name,
          label: entry.label,
          captured: entry.skip === undefined,
          reason: entry.skip,
          ...(entry.skip === undefined && coverageOf(entry)),
        })),
      });
      return exit.done;
    }
    const paint = (style: 'green' | 'yellow', text: string): string =>
      host.colors ? styleText(style, text, {validateStream: false}) : text;
    const setupRows = [
      ['API host', client.origin],
      ['accounts host', accountsOrigin(client.origin)],
      ['credentials', paint('green', 'accepted')],
      ['API permission', paint('green', 'granted')],
      ['scopes', scopes === undefined ? 'Zoho does not list them; every API answers' : paint('green', 'all that are needed')],
      ["Zoho's clock", clock],
      ['spent on this check', `${counted(callsTotal, 'API call')}, ${counted(creditsTotal, 'credit')}`],
      ...(remaining === undefined ? [] : [['credits left', grouped(remaining)]]),
    ];
    for (const line of tableLines([{title: ''}, {title: ''}], setupRows).slice(1)) say(host, line);
    say(host);
    const right = {align: 'right'} as const;
    const columns = [{title: 'module'}, {title: ''}, {title: 'fields', ...right}, {title: 'formulas', ...right}, {title: ''}];
    const rows = modules.map((entry) => {
      if (entry.skip !== undefined) return [entry.name, paint('yellow', 'skipped'), '', '', entry.skip];
      const {fields, computed, ...only} = coverageOf(entry);
      return [entry.name, paint('green', 'captured'), fields, computed.length, remarkOf(only)];
    });
    for (const line of tableLines(columns, rows)) say(host, line);
    say(host);
    say(host, `${counted(captured.length, 'module')} can be captured, ${grouped(modules.length - captured.length)} are skipped`);
    return exit.done;
  } finally {
    await setup.close();
  }
}

function lacking(missing: readonly string[]): ZohoError {
  return new ZohoError(
    'credentials',
    `The refresh token lacks ${missing.length === 1 ? 'the scope' : 'the scopes'} ${missing.join(', ')}; generate a new one with all of ${Object.values(scopesNeeded).join(',')}`,
    {code: 'OAUTH_SCOPE_MISMATCH'},
  );
}

/**
 * Asks the APIs that listing modules did not need whether they answer, about one module after the other: some have scopes of their own.
 *
 * @throws ZohoError of kind `credentials` when they answer for none.
 */
async function probe({client}: Setup, host: Host, captured: readonly ModuleEntry[]): Promise<void> {
  const read = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const _ of body);
  };
  let refusal: ZohoError | undefined;
  for (const {name} of captured.slice(0, probesMax)) {
    try {
      const nowS = await client.nowSeconds(host.signal);
      await client.coql(windowQuery({module: name, columns: ['id'], fromS: nowS, limit: 1}), read, host.signal);
      await client.deleted(name, nowS, 1, host.signal);
      return;
    } catch (error) {
      if (!(error instanceof ZohoError) || (error.kind !== 'module' && error.kind !== 'refused')) throw error;
      if (error.code === 'OAUTH_SCOPE_MISMATCH') refusal ??= error;
    }
  }
  if (refusal === undefined) return;
  const {coql, records} = scopesNeeded;
  const message = `The refresh token's scopes cover no module; generate a new one with ${coql} and ${records} among the others: ${refusal.message}`;
  throw new ZohoError('credentials', message, {cause: refusal, code: refusal.code});
}

/** Modules that are asked about before their refusals say enough. */
const probesMax = 5;

function coverageOf({fields = []}: ModuleEntry): Coverage {
  const computed = fields.filter((field) => field.computed).map(({name}) => name);
  return {fields: fields.length, computed, ...new ModuleFields(fields).coverage};
}

function remarkOf({bulkOnly, coqlOnly, neither}: Omit<Coverage, 'fields' | 'computed'>): string {
  const parts = [
    bulkOnly.length > 0 && `with backfills and refreshes only: ${someOf(bulkOnly)}`,
    coqlOnly.length > 0 && `with changes only: ${someOf(coqlOnly)}`,
    neither.length > 0 && `not readable: ${someOf(neither)}`,
  ];
  return parts.filter((part) => part !== false).join('; ');
}

const namesShown = 3;

function someOf(names: readonly string[]): string {
  const more = names.length - namesShown;
  return `${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
