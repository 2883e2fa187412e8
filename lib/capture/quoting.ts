/** Which names of a module are quoted in COQL, as learnt from this organisation's answers. */
import {isReserved, type Quoting} from '../zoho/coql.ts';

/**
 * Why a name is written the other way: a hint by Zoho, which may name the wrong one, or a search
 * that confirmed it.
 */
export type Reason = 'hint' | 'search';

/**
 * Names that COQL reserves are quoted, but Zoho does not publish their list. A name that makes a
 * query unreadable is written the other way, once for each reason. So an unknown reserved word gets
 * quotes, and an organisation that rejects quotes gets bare names.
 */
export class LearnedQuoting implements Quoting {
  readonly columns = new Map<string, boolean>();
  module: boolean | undefined;
  readonly #switched = new Set<string>();

  /**
   * Writes a column the other way from now on. Returns false if that was done before for this
   * reason.
   */
  switchColumn(name: string, reason: Reason): boolean {
    if (!this.#isNew(`${reason} column ${name}`)) return false;
    this.columns.set(name, !(this.columns.get(name) ?? isReserved(name)));
    return true;
  }

  /** The same for the module's own name. */
  switchModule(name: string, reason: Reason): boolean {
    if (!this.#isNew(`${reason} module`)) return false;
    this.module = !(this.module ?? isReserved(name));
    return true;
  }

  /** Whether a column is quoted. */
  isQuoted(name: string): boolean {
    return this.columns.get(name) ?? isReserved(name);
  }

  #isNew(key: string): boolean {
    const before = this.#switched.size;
    return this.#switched.add(key).size > before;
  }
}
