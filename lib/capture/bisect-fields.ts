/** Which fields an API refuses when it does not say. */

import {ZohoError} from '../errors/errors.ts';
import {secondsOf} from '../flow/state.ts';
import {coqlColumnsFallback} from '../limits.ts';
import {parseCoql} from '../transforms/parse-json.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {Binding} from './binding.ts';
import {keyFields} from './field-plan.ts';

/** Codes with which Bulk Read refuses a field; the answer need not name it (zoho-api sheet 4.5). */
export const fieldCodes = new Set(['FIELD_NOT_AVAILABLE', 'FIELD_NOT_SUPPORTED']);

/**
 * Finds the fields of the slice being read that Bulk Read refuses without naming them, and leaves them out. Asks for halves; an answer that is no
 * refusal leaves a job behind that nobody reads. Returns whether any was found.
 */
export async function findRefused(binding: Binding, signal: AbortSignal): Promise<boolean> {
  const {module, range, shared, state} = binding;
  const slice = range.slices[state.backfill?.slice ?? 0] ?? [];
  const toS = secondsOf(state.backfill?.cutoff ?? state.inc.cursor);

  async function search(names: readonly string[]): Promise<boolean> {
    const refused = await refusalOf(names);
    if (refused === undefined) return false;
    if (refused !== '') {
      if (!(await binding.refuse('bulk', refused))) return false;
      await search(names.filter((name) => name !== refused));
      return true;
    }
    if (names.length === 1) return binding.refuse('bulk', names[0]!);
    const half = names.length >> 1;
    const first = await search(names.slice(0, half));
    const second = await search(names.slice(half));
    return first || second;
  }

  /** The refused field, empty when Zoho does not name it; undefined when nothing is refused. */
  async function refusalOf(names: readonly string[]): Promise<string | undefined> {
    if (names.length === 0) return undefined;
    try {
      await shared.client.createJob({module, fields: [...keyFields, ...names], fromS: range.fromS, toS}, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof ZohoError)) throw error;
      if (error.kind === 'field') return error.field ?? '';
      if (error.kind === 'refused' && fieldCodes.has(error.code ?? '')) return '';
      throw error;
    }
  }

  return search(slice.filter((name) => !keyFields.includes(name)));
}

/** Codes with which COQL refuses a column; the answer need not name it (zoho-api sheet 5.6). */
export const columnCodes = new Set(['INVALID_QUERY', 'INVALID_DATA', 'SYNTAX_ERROR']);

/**
 * Finds the columns that COQL refuses without naming them, and leaves them out; one whose name is a word of COQL's own is asked for without quotes first.
 * Asks for as many columns as every version of COQL takes, then for halves, a row each time. Returns whether any was found.
 */
export async function findRefusedColumns(binding: Binding, signal: AbortSignal): Promise<boolean> {
  const {module, fields, shared, state} = binding;
  const fromS = secondsOf(state.inc.cursor);

  async function search(names: readonly string[]): Promise<boolean> {
    if (names.length === 0 || !(await refuses(names))) return false;
    const [name] = names;
    if (names.length === 1) {
      if (fields.unquote(name!) && !(await refuses(names))) return true;
      return binding.refuse('coql', name!);
    }
    const half = names.length >> 1;
    const first = await search(names.slice(0, half));
    const second = await search(names.slice(half));
    return first || second;
  }

  async function refuses(names: readonly string[]): Promise<boolean> {
    const columns = [...keyFields, ...names];
    const query = windowQuery({module, columns, fromS, limit: 1, bare: fields.bare});
    try {
      await shared.client.coql(query, (body) => parseCoql(body, columns, fields.all), signal);
      return false;
    } catch (error) {
      if (!(error instanceof ZohoError)) throw error;
      if (error.kind === 'field' || error.kind === 'refused') return true;
      throw error;
    }
  }

  // What is refused without any of them is not refused for one of them.
  if (await refuses([])) return false;
  const names = [...new Set(fields.coqlSlices.flat())].filter((name) => !keyFields.includes(name));
  const most = coqlColumnsFallback - keyFields.length;
  let found = false;
  for (let i = 0; i < names.length; i += most) found = (await search(names.slice(i, i + most))) || found;
  return found;
}
