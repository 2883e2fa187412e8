/** Warnings about values of one module that contradict the metadata. Their number is limited. */
import {replacedNamedMax} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {Replaced} from '../records/batch.ts';
import type {Field} from '../records/field.ts';

export class ValueWarnings {
  readonly #module: string;
  readonly #log: Log;
  readonly #misfits = new Set<string>();
  /** Records named in warnings, by field. */
  readonly #replaced = new Map<string, Set<string>>();

  constructor(module: string, log: Log) {
    this.#module = module;
    this.#log = log;
  }

  /** Warns once about a field whose values do not fit its type. */
  misfit(field: string, fields: ReadonlyMap<string, Field>): void {
    if (this.#misfits.has(field)) return;
    this.#misfits.add(field);
    const type = fields.get(field)?.dataType ?? 'unknown';
    this.#warn(field, `some values are not of the type that Zoho declares (${type}); they pass as text`);
  }

  /** Warns once about each record with invalid text, however often it is read. */
  replaced({field, id}: Replaced): void {
    const named = this.#replaced.get(field) ?? new Set<string>();
    this.#replaced.set(field, named);
    if (named.has(id) || named.size > replacedNamedMax) return;
    named.add(id);
    this.#warn(
      field,
      named.size > replacedNamedMax
        ? 'more records hold text that is not valid Unicode; they are not named'
        : `record ${id} holds text that is not valid Unicode; U+FFFD takes its place`,
    );
  }

  #warn(field: string, what: string): void {
    const module = this.#module;
    this.#log('warn', `Module ${module}, field ${field}: ${what}`, {module, field});
  }
}
