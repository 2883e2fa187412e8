/** Finds the fields that Bulk Read rejects without naming them, for a complete module. */
import {ZohoError} from '../../errors/errors.ts';
import {fieldCodes} from '../bisect-fields.ts';

export interface FieldSearch {
  /** Submits a job with these fields and the id. It throws the rejection. */
  ask(names: readonly string[]): Promise<unknown>;
  /** Omits a field. Returns false if that changes nothing. */
  refuse(name: string): Promise<boolean>;
}

/**
 * Finds and omits the rejected fields among `names`, by requesting halves. An accepted request
 * costs a job. Returns whether any was found.
 */
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
