/** Which fields an API refuses when it does not say. */

import {ZohoError} from '../errors/errors.ts';
import {secondsOf} from '../flow/state.ts';
import type {Binding} from './binding.ts';
import {keyFields} from './field-plan.ts';

/** Codes with which Bulk Read refuses a field; the answer need not name it (zoho-api sheet 4.5). */
export const fieldCodes = new Set(['FIELD_NOT_AVAILABLE', 'FIELD_NOT_SUPPORTED']);

/**
 * Finds the fields of the slice being read that Bulk Read refuses without naming them, and leaves them out. Asks for halves; an answer that is no
 * refusal leaves a job behind that nobody reads. Returns whether any was found.
 */
export async function bisectBulkFields(binding: Binding, signal: AbortSignal): Promise<boolean> {
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
