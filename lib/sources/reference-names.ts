/**
 * Lists of references that a file gives by name. Documents have ids, whichever API delivered them
 * (design 3).
 */
import {ZohoError} from '../errors/errors.ts';
import {referenceIdsMax, referenceNamesMax, referenceTriesMax} from '../limits.ts';
import {type Batch, cellPlain, cellQuoted, type RowBlock} from '../records/batch.ts';
import {type Field, isReference} from '../records/field.ts';
import {cellText, noRows} from '../records/rows.ts';
import {splitList} from '../transforms/csv/list-cell.ts';
import {isNamedList, leafOf, namedIdsOf, treeOf} from '../transforms/json/json-tree.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {idsQuery, type Quoting} from '../zoho/coql.ts';

export interface NamesContext {
  readonly module: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** How names are quoted for this organisation. */
  readonly quoting?: Quoting;
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
}

/**
 * Replaces names by ids in the lists of bulk rows. COQL returns both for the same records, so each
 * name is queried once, and most modules have few. A field for which COQL has no ids stays
 * unchanged. Batches without names pass unchanged, and cost no calls.
 */
export async function* withReferenceIds(
  rows: AsyncIterable<Batch<RowBlock>>,
  context: NamesContext,
): AsyncGenerator<Batch<RowBlock>, void, void> {
  const known = new Map<string, KnownNames>();
  for await (const batch of rows) {
    let {items} = batch;
    for (const [column, name] of items.columns.entries()) {
      const field = context.fields.get(name);
      if (field === undefined || field.type !== 'list' || !field.coql || isNamedList(field)) continue;
      const names = known.get(name) ?? new KnownNames(field);
      known.set(name, names);
      await names.ask(items, column, context);
      items = names.replace(items, column);
    }
    yield items === batch.items ? batch : {...batch, items};
  }
}

/** The known names of one field. */
class KnownNames {
  readonly #field: Field;
  readonly #ids = new Map<string, string>();
  /** How often a name was queried in vain: its record may have changed since the export. */
  readonly #tries = new Map<string, number>();
  /** Whether nothing more can be learnt. */
  #isSettled = false;

  constructor(field: Field) {
    this.#field = field;
  }

  /** Queries the records of new names. */
  async ask(rows: RowBlock, column: number, context: NamesContext): Promise<void> {
    const inVain = new Set<string>();
    while (!this.#isSettled) {
      const asked = this.#unknown(rows, column, inVain);
      if (asked.size === 0) return;
      await this.#learn([...new Set(asked.values())], context);
      for (const name of asked.keys()) {
        if (this.#ids.has(name)) continue;
        inVain.add(name);
        this.#tries.set(name, (this.#tries.get(name) ?? 0) + 1);
      }
    }
  }

  /** The same rows, with ids in each cell whose names are all known. */
  replace(rows: RowBlock, column: number): RowBlock {
    // Equivalent mutants (ConditionalExpression): only saves time where nothing can be replaced
    if (this.#ids.size === 0) return rows;
    const cells = rows.cells.slice();
    const added: Buffer[] = [];
    let end = rows.bytes.length;
    for (const [row, names] of this.#named(rows, column)) {
      const ids = names.map((name) => this.#ids.get(name));
      if (ids.includes(undefined)) continue;
      const text = Buffer.from(ids.join(';'));
      const k = 2 * (row * rows.columns.length + column);
      cells[k] = (end << 2) | cellPlain;
      cells[k + 1] = end += text.length;
      added.push(text);
    }
    return added.length === 0 ? rows : {...rows, cells, bytes: Buffer.concat([rows.bytes, ...added])};
  }

  /**
   * Names that may still be found, each with the id of a record that has it; as many as one query
   * accepts.
   */
  #unknown(rows: RowBlock, column: number, inVain: ReadonlySet<string>): Map<string, string> {
    const found = new Map<string, string>();
    for (const [row, names] of this.#named(rows, column)) {
      for (const name of names) {
        if (found.size === referenceIdsMax) return found;
        if (this.#ids.has(name) || found.has(name) || inVain.has(name)) continue;
        if ((this.#tries.get(name) ?? 0) < referenceTriesMax) found.set(name, cellText(rows, row, rows.columns.indexOf('id')));
      }
    }
    return found;
  }

  async #learn(ids: readonly string[], {module, quoting, client, signal}: NamesContext): Promise<void> {
    const {name} = this.#field;
    const columns = ['id', name];
    // A type whose structures stay complete.
    const fields = new Map([[name, {...this.#field, type: 'text', dataType: 'linetax'} as const]]);
    const before = this.#ids.size;
    try {
      const query = idsQuery({module, columns, ids, quoting});
      const {rows} = (await client.coql(query, signal, {fields})) ?? {rows: noRows};
      for (const [label, id] of namedIdsIn(rows)) this.#ids.set(label, id);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ZohoError) || !['field', 'refused', 'module'].includes(error.kind)) throw error;
      this.#isSettled = true;
    }
    // COQL has no ids either, or there are more names than referenced records could have.
    if (this.#ids.size === before && !isReference(this.#field)) this.#isSettled = true;
    if (this.#ids.size + this.#tries.size > referenceNamesMax) this.#isSettled = true;
  }

  /** The rows whose cells hold names, each with these. */
  *#named(rows: RowBlock, column: number): Generator<[row: number, names: readonly string[]], void, void> {
    // Equivalent mutants (EqualityOperator): a cell past the last one is empty
    for (let row = 0; row < rows.count; row++) {
      const names = this.#names(rows, row, column);
      if (names.length > 0) yield [row, names];
    }
  }

  /** The names in a cell; none if it holds ids or JSON. */
  #names(rows: RowBlock, row: number, column: number): readonly string[] {
    const k = 2 * (row * rows.columns.length + column);
    if (isIds(rows.bytes, rows.cells[k]! >> 2, rows.cells[k + 1]!)) return [];
    const text = cellText(rows, row, column);
    if (text[0] === '[' || text[0] === '{') return [];
    return splitList({...this.#field, values: [...this.#ids.keys()]})(
      (rows.cells[k]! & 3) === cellQuoted ? text.replaceAll('""', '"') : text,
    );
  }
}

/** The names and ids of references in the second column of an answer. */
function namedIdsIn(rows: RowBlock): [name: string, id: string][] {
  const texts = Array.from({length: rows.count}, (_, row) => cellText(rows, row, 1));
  return texts.flatMap((text) => namedIdsOf(treeOf(text) ?? leafOf(text)));
}

/** Whether a cell holds nothing but digits and separators of ids. */
function isIds(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if ((byte < 0x30 || byte > 0x39) && byte !== 0x3b && byte !== 0x2c && byte !== 0x20) return false;
  }
  return true;
}
