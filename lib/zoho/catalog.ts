/** Which modules can be captured, and why the others cannot. */
import {ZohoError} from '../errors/errors.ts';
import type {Log} from '../platform/log.ts';
import {Semaphore} from '../platform/semaphore.ts';
import type {Field} from '../records/field.ts';
import type {Module, ZohoClient} from './api.ts';
import {byteOrder, hasModifiedTime} from './fields.ts';
import {fieldCallsAtOnce} from './limits.ts';
import {covers, scopesNeeded} from './scopes.ts';

export interface ModuleEntry {
  /** API name. */
  readonly name: string;
  readonly label: string;
  /** Absent when they were not requested, or there are none. */
  readonly fields?: readonly Field[];
  /**
   * Set when the module has no `Modified_Time`: it is captured completely each time, as a snapshot.
   */
  readonly snapshot?: true;
  /** Why the module cannot be captured; absent when it can. */
  readonly skip?: string;
}

/**
 * Modules that Zoho lists but that none of the connector's APIs reads. The documentation names them.
 */
const unsupported = new Set([
  'Notes',
  'Attachments',
  'Emails',
  'CTI_Entry',
  'Email_Analytics',
  'Email_Template_Analytics',
  'Functions__s',
  'Email_Sentiment',
  'Locking_Information__s',
]);

/** Kinds of module that hold no records of their own. */
const withoutRecords = new Set(['web', 'webtab_link']);

/**
 * All modules, or those in `only`, sorted by API name in byte order. A module is skipped for a
 * reason of its own: its metadata, or a definite refusal. Anything temporary, or common to all
 * modules, fails the call. So does an empty catalog for which Zoho refused nothing: its reader
 * would drop every binding because of an outage.
 */
export async function catalog(
  client: ZohoClient,
  signal: AbortSignal,
  log: Log,
  only?: ReadonlySet<string>,
): Promise<ModuleEntry[]> {
  const listed = await client.modules(signal);
  if (listed.length === 0)
    throw new ZohoError('unavailable', `Cannot list the modules at ${client.origin}: ${emptyAnswer}; ${later}`);
  const modules = [...new Map(listed.map((module) => [module.name, module])).values()]
    .filter(({name}) => only === undefined || only.has(name))
    .sort((a, b) => byteOrder(a.name, b.name));
  const entries = await entriesOf(modules, client, signal, only === undefined);
  for (const {name, skip} of entries)
    if (skip !== undefined) log('info', `Module ${name} is not captured: ${skip}`, {module: name});
  return entries;
}

async function entriesOf(
  modules: readonly Module[],
  client: ZohoClient,
  signal: AbortSignal,
  isComplete: boolean,
): Promise<ModuleEntry[]> {
  const slots = new Semaphore(fieldCallsAtOnce);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const refusals: ZohoError[] = [];
  /** Modules with empty answers, as some modules always have (zoho-api sheet 3). */
  const silent: string[] = [];
  const running = modules.map(async (module): Promise<ModuleEntry> => {
    const {name, label} = module;
    const known = reasonOf(module);
    if (known !== undefined) return {name, label, skip: known};
    const release = await slots.acquire(either);
    try {
      const fields = await client.fields(name, either);
      if (fields === null) {
        silent.push(name);
        return {name, label, skip: 'Zoho keeps no field metadata for it'};
      }
      return hasModifiedTime(fields) ? {name, label, fields} : {name, label, fields, snapshot: true};
    } catch (error) {
      if (!isOwnFault(error)) throw error;
      refusals.push(error);
      return {name, label, skip: error.message};
    } finally {
      release();
    }
  });
  try {
    const entries = await Promise.all(running);
    failIfNoneIsOpen(entries, refusals, client, await client.scopes(signal), isComplete);
    if (isComplete) failIfNothingIsSaid(entries, silent, refusals, client);
    return entries;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(running);
    throw error;
  }
}

/**
 * An empty answer about a few modules is their own matter. When no module can be captured it is an
 * outage, and so is a list without modules to ask about.
 */
function failIfNothingIsSaid(
  entries: readonly ModuleEntry[],
  silent: readonly string[],
  refusals: readonly ZohoError[],
  {origin}: ZohoClient,
): void {
  if (entries.some(({skip}) => skip === undefined)) return;
  if (silent.length === 0 && refusals.length > 0) return;
  const why =
    silent.length > 0
      ? `${emptyAnswer} about the fields of ${silent.length} modules, ${silent[0]} among them`
      : `its list of ${entries.length} modules holds none that can be captured`;
  throw new ZohoError('unavailable', `Cannot discover any module at ${origin}: ${why}; ${later}`);
}

const emptyAnswer = 'Zoho gives an empty answer';
const later = 'this is an outage, or the token is for another organisation; try again in a few minutes';

/** The reason that the list of modules already shows. */
function reasonOf({name, apiSupported, generatedType, status}: Module): string | undefined {
  if (unsupported.has(name)) return 'its records cannot be read through the APIs that the connector uses';
  if (!apiSupported) return "Zoho's API does not support it";
  if (withoutRecords.has(generatedType)) return `it is of the kind ${generatedType}, which has no records`;
  if (status === 'scheduled_for_deletion') return 'it is about to be deleted';
  return undefined;
}

function isOwnFault(error: unknown): error is ZohoError {
  return error instanceof ZohoError && (error.kind === 'module' || error.kind === 'refused');
}

/** Codes that deny the token or its user access to a module. */
const accessCodes: ReadonlySet<string | undefined> = new Set(['OAUTH_SCOPE_MISMATCH', 'NO_PERMISSION', 'AUTHORIZATION_FAILED']);

/**
 * One refused module may be special; when all are refused, the token is at fault. For a few
 * requested modules that is certain only if Zoho does not list the token's scopes. For all modules,
 * an empty catalog would drop every binding from Flow.
 */
function failIfNoneIsOpen(
  entries: readonly ModuleEntry[],
  refusals: readonly ZohoError[],
  {origin}: ZohoClient,
  scopes: readonly string[] | undefined,
  isComplete: boolean,
): void {
  if (entries.some(({fields}) => fields !== undefined)) return;
  const cause = refusals.find(({code}) => accessCodes.has(code));
  if (cause === undefined) return;
  const isScope = refusals.every(({code}) => code === 'OAUTH_SCOPE_MISMATCH');
  const isLacking = scopes === undefined || !covers(scopes, scopesNeeded.fields);
  if (!isComplete && !(isScope && isLacking)) return;
  const why =
    isScope && isLacking
      ? `the refresh token lacks the scope ${scopesNeeded.fields}; authorize again with all scopes that the connector needs`
      : isScope
        ? "the refresh token's scopes do not cover them; authorize again with all scopes that the connector needs"
        : "the token's user has no permission for them; give the user's profile access, or authorize again as another user";
  throw new ZohoError('credentials', `Cannot read the fields of any module at ${origin}: ${why}`, {cause, code: cause.code});
}
