/** How the names of a module are written in COQL: which stand in quotes, as far as this organisation has shown. */
import {isReserved, type Quoting} from '../zoho/coql.ts';

/** Who thinks that a name is written wrongly: Zoho's hint, which may point beside it, or the search that made sure of it. */
export type Reason = 'hint' | 'search';

/**
 * Names that COQL reserves stand in quotes, and Zoho's list of them is unpublished. A name that makes a query unreadable is written the other way, once for
 * each reason: a reserved word that is not known to be one gets its quotes, and an organisation that takes no quotes gets bare names.
 */
export class LearnedQuoting implements Quoting {
  readonly columns = new Map<string, boolean>();
  module: boolean | undefined;
  readonly #switched = new Set<string>();

  /** Writes a column the other way from now on. False when the reason was given before. */
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

  /** Whether a column stands in quotes. */
  isQuoted(name: string): boolean {
    return this.columns.get(name) ?? isReserved(name);
  }

  #isNew(key: string): boolean {
    const before = this.#switched.size;
    return this.#switched.add(key).size > before;
  }
}
