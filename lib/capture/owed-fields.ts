/**
 * Fields whose values are owed (design 5.6). A field is owed when records were captured without it
 * although Bulk Read has it. The state keeps its name until a refresh has read it for all records
 * captured so far. Pure.
 */
import {hash} from 'node:crypto';
import {type BindingState, secondsOf} from '../flow/state.ts';
import {fieldsNotedMaxS, owedPauseMs, refreshesInRowMax} from '../limits.ts';
import type {BindingPatch} from '../records/batch.ts';
import type {FieldPlan} from './field-plan.ts';

/** Characters per name in a digest. With 24 bits, two of 500 names hardly ever collide. */
const digestLength = 4;

/** A digest from which each name can be recognised, so that a restart can find the new ones. */
export function namesDigest(names: readonly string[]): string {
  return [...new Set(names.map(digestOf))].sort().join('');
}

/** The names that are not in a digest. All of them, if the digest has another format. */
export function newNames(digest: string, names: readonly string[]): string[] {
  const known = new Set(digest.match(new RegExp(`.{${digestLength}}`, 'gs')));
  return names.filter((name) => !known.has(digestOf(name)));
}

function digestOf(name: string): string {
  return hash('sha1', name, 'base64url').slice(0, digestLength);
}

/** Whether the notes are so old that refused fields should be tried again. */
export function isNoteOld({fields}: BindingState, nowS: number): boolean {
  return fields?.read === undefined || nowS - secondsOf(fields.read) >= fieldsNotedMaxS;
}

/** Names of the fields that documents can have. */
export function capturedNames(fields: FieldPlan): string[] {
  return fields.captured.map(({name}) => name);
}

/**
 * The patch that adds owed fields. Those that Bulk Read does not read are removed, and become owed
 * again once it does. Fields that become owed during a refresh stay owed after it.
 */
export function owing({fields: note, backfill}: BindingState, fields: FieldPlan, more?: readonly string[]): BindingPatch {
  const added = new Set(more);
  const again = new Set(backfill?.again);
  const late = added.intersection(new Set(backfill?.fields)).difference(again);
  return {
    fields: {owed: orNull(owedNames(fields, new Set(note?.owed).union(added)))},
    ...(late.size > 0 && {backfill: {again: [...again.union(late)].sort()}}),
  };
}

/** The patch that saves the current refusals. It adds no owed field. */
export function refusing(state: BindingState, fields: FieldPlan): BindingPatch {
  const {fields: note, ...rest} = owing(state, fields);
  const digest = state.fields?.digest === undefined ? {} : {digest: namesDigest(capturedNames(fields))};
  return {...rest, fields: {...(note as object), ...digest, refused: refusedPatch(fields)}};
}

/** The refusals as a patch. An API without any is removed. */
export function refusedPatch({refused: {bulk, coql}}: FieldPlan): BindingPatch {
  return {bulk: orNull(bulk), coql: orNull(coql)};
}

/**
 * The patch that ends a range. Fields that a refresh has read are no longer owed. If records
 * changed meanwhile, fields that only Bulk Read reads are owed, because the rows of these records
 * were dropped or had left the range.
 */
export function rangeEnd({backfill, fields: {owed: before = []} = {}}: BindingState, fields: FieldPlan): BindingPatch {
  const paid = new Set(backfill?.fields).difference(new Set(backfill?.again));
  const missed = new Set(backfill?.seen?.changes === true ? fields.coverage.bulkOnly : undefined);
  const owed = owedNames(fields, new Set(before).difference(paid).union(missed));
  const differs = owed.join() !== before.join();
  return {...rangeDone, ...(differs && {fields: {owed: orNull(owed)}})};
}

/** Ends a backfill or a refresh. */
const rangeDone: BindingPatch = {backfill: null, is_connector_initiated: false};

/**
 * Limits consecutive refreshes for owed fields, so that a busy module is not refreshed for ever.
 */
export class OwedRefreshes {
  #inRow = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Whether another one may begin. After too many in a row, it must wait for some time. */
  mayBegin(nowMs: number): boolean {
    return this.#inRow < refreshesInRowMax || nowMs - this.#lastMs >= owedPauseMs;
  }

  begun(nowMs: number): void {
    this.#inRow = this.mayBegin(nowMs) && this.#inRow >= refreshesInRowMax ? 1 : this.#inRow + 1;
    this.#lastMs = nowMs;
  }

  /**
   * Records the end of a range. If it leaves nothing owed, the row of refreshes ends. Returns
   * whether owed fields must wait now.
   */
  ended(owes: boolean): boolean {
    if (!owes) this.#inRow = 0;
    return this.#inRow >= refreshesInRowMax;
  }
}

/** Those of the names that Bulk Read reads, in order. */
function owedNames(fields: FieldPlan, names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => fields.reads('bulk', name)).sort();
}

/** A list as a patch has it: an empty one is removed. */
function orNull(names: readonly string[]): readonly string[] | null {
  return names.length > 0 ? names : null;
}
