/** Rows of the feed of deletions (zoho-api sheet 6): valid ones, and the others. Pure. */
import {createHash} from 'node:crypto';
import * as v from 'valibot';
import {isId} from '../kernel/kernel.ts';
import {modifiedSeconds} from '../records/instant.ts';
import type {UnusableRow} from '../records/unusable-rows.ts';
import type {DeletedRow} from './api.ts';

const rowId = v.object({id: v.pipe(v.string(), v.check(isId))});
const rowTime = v.object({deleted_time: v.string()});
/** The type decides whether a restore is looked for. A row without it is still a deletion. */
const rowType = v.object({type: v.string()});

export interface Deletions {
  readonly rows: readonly DeletedRow[];
  /** Rows without a valid id or `deleted_time`, counted from 1. */
  readonly unusable: readonly UnusableRow[];
}

/** Sorts the rows of a page of parsed JSON. */
export function deletionsOf(page: readonly unknown[]): Deletions {
  const rows: DeletedRow[] = [];
  const unusable: UnusableRow[] = [];
  for (const [place, row] of page.entries()) {
    const id = v.is(rowId, row) ? row.id : undefined;
    // Equivalent mutants (StringLiteral): any text that is no time would do
    const deletedTime = v.is(rowTime, row) ? row.deleted_time : '';
    const deletedS = modifiedSeconds(deletedTime);
    if (id !== undefined && !Number.isNaN(deletedS))
      rows.push({id, deletedTime, deletedS, type: v.is(rowType, row) ? row.type : 'permanent'});
    else unusable.push({row: place + 1, id, fault: id === undefined ? 'id' : 'deletedTime', digest: digestOf(row)});
  }
  return {rows, unusable};
}

function digestOf(row: unknown): string {
  return createHash('sha1').update(JSON.stringify(row)).digest('base64');
}
