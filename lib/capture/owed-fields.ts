/**
 * What is owed of fields (design 5.6). A field is owed when records were captured without it, although Bulk Read has it: its
 * name stands in the state until a refresh has read it of all records captured so far. Pure.
 */
import {hash} from 'node:crypto';
import {type BindingState, secondsOf} from '../flow/state.ts';
import {fieldsNotedMaxS, owedPauseMs, refreshesInRowMax} from '../limits.ts';
import type {BindingPatch} from '../records/batch.ts';
import type {FieldPlan} from './field-plan.ts';

/** Characters that stand for one name in a digest: 24 bits, so that of 500 names hardly ever two are alike. */
const digestLength = 4;

/** A digest of names by which each can be known again, unlike by a digest of them all: a restart has to tell which are new. */
export function namesDigest(names: readonly string[]): string {
  return [...new Set(names.map(digestOf))].sort().join('');
}

/** The names that a digest was not made of. All of them, for a digest of another form. */
export function newNames(digest: string, names: readonly string[]): string[] {
  const known = new Set(digest.match(new RegExp(`.{${digestLength}}`, 'gs')));
  return names.filter((name) => !known.has(digestOf(name)));
}

function digestOf(name: string): string {
  return hash('sha1', name, 'base64url').slice(0, digestLength);
}

/** Whether the state's note of the fields is so old that what was refused is to be asked for again. */
export function isNoteOld({fields}: BindingState, nowS: number): boolean {
  return fields?.read === undefined || nowS - secondsOf(fields.read) >= fieldsNotedMaxS;
}

/** Names of the fields that documents can have. */
export function capturedNames(fields: FieldPlan): string[] {
  return fields.captured.map(({name}) => name);
}

/**
 * The patch that owes more fields, and owes none that Bulk Read does not read: these are owed when it reads them again. A running
 * refresh does not pay for what becomes owed while it runs.
 */
export function owing(state: BindingState, fields: FieldPlan, more: readonly string[]): BindingPatch {
  const owed = owedNames(fields, [...(state.fields?.owed ?? []), ...more]);
  const {fields: refreshed = [], again = []} = state.backfill ?? {};
  const late = more.filter((name) => refreshed.includes(name) && !again.includes(name));
  return {
    fields: {owed: owed.length > 0 ? owed : null},
    ...(late.length > 0 && {backfill: {again: [...again, ...late].sort()}}),
  };
}

/** The patch that keeps what was just refused. Nothing is new by it. */
export function refusing(state: BindingState, fields: FieldPlan): BindingPatch {
  const {fields: note, ...rest} = owing(state, fields, []);
  const digest = state.fields?.digest === undefined ? {} : {digest: namesDigest(capturedNames(fields))};
  return {...rest, fields: {...(note as object), ...digest, refused: refusedPatch(fields)}};
}

/** The refusals as a patch; an API that refuses nothing has none. */
export function refusedPatch({refused: {bulk, coql}}: FieldPlan): BindingPatch {
  return {bulk: bulk.length > 0 ? bulk : null, coql: coql.length > 0 ? coql : null};
}

/**
 * The patch that ends a range: what a refresh read is owed no more. What only Bulk Read reads is, if records changed meanwhile: their
 * rows were dropped, or had left the range.
 */
export function rangeEnd({backfill, fields: {owed: before = []} = {}}: BindingState, fields: FieldPlan): BindingPatch {
  const paid = new Set(backfill?.fields).difference(new Set(backfill?.again));
  const missed = backfill?.seen?.changes === true ? fields.coverage.bulkOnly : [];
  const owed = owedNames(fields, [...before.filter((name) => !paid.has(name)), ...missed]);
  const differs = owed.join() !== before.join();
  return {...rangeDone, ...(differs && {fields: {owed: owed.length > 0 ? owed : null}})};
}

/** Ends a backfill or a refresh. */
const rangeDone: BindingPatch = {backfill: null, is_connector_initiated: false};

/** Refreshes for what is owed that follow one another: a module that never rests is not refreshed for ever. */
export class OwedRefreshes {
  #inRow = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Whether another may begin; after too many in a row, only when some time has passed. */
  mayBegin(nowMs: number): boolean {
    return this.#inRow < refreshesInRowMax || nowMs - this.#lastMs >= owedPauseMs;
  }

  begun(nowMs: number): void {
    this.#inRow = this.mayBegin(nowMs) && this.#inRow >= refreshesInRowMax ? 1 : this.#inRow + 1;
    this.#lastMs = nowMs;
  }

  /** A range has ended; nothing is owed after the last of a row. Returns whether what is owed has to wait now. */
  ended(owes: boolean): boolean {
    if (!owes) this.#inRow = 0;
    return this.#inRow >= refreshesInRowMax;
  }
}

function owedNames(fields: FieldPlan, names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => fields.reads('bulk', name)).sort();
}
