/** Which fields of a whole module Bulk Read refuses when it does not say. */
import {ZohoError} from '../../errors/errors.ts';
import {fieldCodes} from '../bisect-fields.ts';

export interface FieldSearch {
  /** Asks for a job with these fields and the id; what it throws says what is refused. */
  ask(names: readonly string[]): Promise<unknown>;
  /** Leaves a field out; false when nothing would change by that. */
  refuse(name: string): Promise<boolean>;
}

/** Finds the refused ones among `names` by asking for halves, and leaves them out. An answer that is no refusal costs a job. Returns whether any was found. */
export async function findRefused(names: readonly string[], {ask, refuse}: FieldSearch): Promise<boolean> {
  async function isRefused(some: readonly string[]): Promise<boolean> {
    try {
      await ask(some);
      return false;
    } catch (error) {
      if (!(error instanceof ZohoError)) throw error;
      if (error.kind === 'field' || (error.kind === 'refused' && fieldCodes.has(error.code ?? ''))) return true;
      throw error;
    }
  }

  async function search(some: readonly string[]): Promise<boolean> {
    if (some.length === 0 || !(await isRefused(some))) return false;
    if (some.length === 1) return refuse(some[0]!);
    const half = some.length >> 1;
    const first = await search(some.slice(0, half));
    const second = await search(some.slice(half));
    return first || second;
  }

  return search(names);
}
