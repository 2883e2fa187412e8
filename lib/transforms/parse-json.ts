/**
 * COQL answers to rows (zoho-api sheet 5.5), with the same cells as a CSV page where the two agree.
 */
import {TokenType} from '@streamparser/json';
import {ZohoError} from '../errors/errors.ts';
import {coqlPageBytesMax, documentBytesMax} from '../limits.ts';
import {cellClean, cellJson, cellPlain, type RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {RowBuilder} from '../records/row-builder.ts';
import {BrokenText} from './json/broken-text.ts';
import {flagOf} from './json/flag.ts';
import {cellOf, type JsonTree, leafOf as stringLeaf} from './json/json-tree.ts';
import {JsonError, type JsonVisitor, walkJson} from './json/json-walk.ts';

export interface CoqlAnswer {
  /** One row per record, with the requested columns. */
  readonly rows: RowBlock;
  /** Whether Zoho says that more rows follow; undefined when it does not say. */
  readonly more: boolean | undefined;
  /**
   * Whether reading stopped early because the rows take too much memory. There may be more of them.
   */
  readonly cut: boolean;
}

/**
 * Reads the body of a COQL answer as it arrives, and keeps nothing of the body itself. At
 * `bytesMax` bytes of rows, and at least one row, the rest is not read. A column that a record
 * lacks counts as null: Zoho sends nulls explicitly, so an absent one has no other meaning. Members
 * that were not requested are ignored.
 *
 * Anything else among the records becomes a row of empty cells, which later checks reject. Throws
 * kind `damaged` for a body that is cut short, malformed or without `data`. Failures of the body
 * pass through.
 */
export async function parseCoql(
  body: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  fields: ReadonlyMap<string, Field> = noFields,
  bytesMax: number = coqlPageBytesMax,
): Promise<CoqlAnswer> {
  const answer = new Answer(columns, fields);
  try {
    const isComplete = await walkJson(body, answer, () => answer.bytes >= bytesMax);
    return answer.result(!isComplete);
  } catch (error) {
    throw error instanceof JsonError ? damaged(error.message) : error;
  }
}

const noFields: ReadonlyMap<string, Field> = new Map();

/** The columns that identify a row. */
const keyNames = ['id', 'Modified_Time'];

/** Nesting depth of the elements of `data` and `info`, and of the values of a row. */
const inMember = 2;
const inRow = 3;

/** A requested column: its place in a row, and what is known of its field. */
interface Column {
  readonly place: number;
  readonly field: Field | undefined;
  readonly isId: boolean;
  readonly isKey: boolean;
}

class Answer implements JsonVisitor {
  readonly #columns: ReadonlyMap<string | undefined, Column>;
  readonly #rows: RowBuilder;
  readonly #broken = new BrokenText();
  /** The column of the latest value, and the id of the row. */
  #column: string | undefined;
  #id = '';
  #depth = 0;
  #member: string | undefined;
  #hasData = false;
  #more: boolean | undefined;
  /** The structured value being read, and its parents, outermost first. */
  readonly #trees: (JsonTree[] | Map<string, JsonTree>)[] = [];
  #treeKeys: (string | undefined)[] = [];

  constructor(columns: readonly string[], fields: ReadonlyMap<string, Field>) {
    this.#columns = new Map(
      columns.map((name, place) => [name, {place, field: fields.get(name), isId: name === 'id', isKey: keyNames.includes(name)}]),
    );
    this.#rows = new RowBuilder(columns);
  }

  /** Memory of the rows so far. */
  get bytes(): number {
    return this.#rows.bytes;
  }

  scalar(type: TokenType, text: string, key: string | undefined): void {
    this.#column = this.#treeKeys[0] ?? (this.#depth === inRow && this.#member === 'data' ? key : undefined);
    if (!text.isWellFormed()) this.replaced();
    if (this.#trees.length > 0) this.#grow(leafOf(type, text), key);
    else if (this.#depth === inRow && this.#member === 'data') this.#setScalar(type, text, key);
    // An element that is not a record has no cells.
    else if (this.#depth === inMember && this.#member === 'data' && this.#hasData) this.#endRow();
    else if (this.#depth === inMember && this.#member === 'info' && key === 'more_records') {
      this.#more = flagOf(text);
    }
  }

  open(isArray: boolean, key: string | undefined): void {
    this.#depth++;
    if (this.#depth === inMember) {
      this.#member = key;
      if (key === 'data') this.#hasData = isArray;
    } else if (this.#member === 'data') this.#openInData(isArray, key);
  }

  close(): void {
    this.#depth--;
    const tree = this.#trees.pop();
    if (tree !== undefined) {
      const key = this.#treeKeys.pop();
      if (this.#trees.length > 0) this.#grow(tree, key);
      else this.#setTree(tree, key);
    } else if (this.#depth === inMember && this.#member === 'data') this.#endRow();
  }

  replaced(): void {
    this.#broken.note(this.#column);
  }

  result(cut: boolean): CoqlAnswer {
    if (!this.#hasData) throw damaged('it has no list of data');
    const {replaced} = this.#broken;
    return {rows: {...this.#rows.end(), replaced}, more: cut || this.#more, cut};
  }

  /** Begins a record, or a structure in one. */
  #openInData(isArray: boolean, key: string | undefined): void {
    if (!this.#hasData) throw damaged('its data is not a list');
    if (this.#depth === inRow) return;
    this.#trees.push(isArray ? [] : new Map());
    this.#treeKeys.push(key);
  }

  /** Ends a record's row. */
  #endRow(): void {
    this.#broken.endRow(this.#id);
    this.#id = '';
    this.#rows.endRow();
  }

  #setScalar(type: TokenType, text: string, key: string | undefined): void {
    const column = this.#columns.get(key);
    if (column === undefined) return;
    if (type === TokenType.NULL) this.#rows.clear(column.place);
    else this.#set(column, text, type === TokenType.STRING ? cellPlain : cellClean);
  }

  #setTree(tree: JsonTree, key: string | undefined): void {
    const column = this.#columns.get(key);
    if (column === undefined) return;
    const {isJson, text} = cellOf(tree, column.field);
    this.#set(column, text, isJson ? cellJson : cellPlain);
  }

  #set({place, isKey, isId}: Column, text: string, kind: number): void {
    // Of a row that is already too large for a document, only the key is needed.
    if (this.#rows.rowBytes > documentBytesMax && !isKey) return;
    this.#rows.setText(place, text, kind);
    if (isId) this.#id = text;
  }

  #grow(tree: JsonTree, key: string | undefined): void {
    const parent = this.#trees[this.#trees.length - 1]!;
    if (parent instanceof Map) parent.set(key!, tree);
    else parent.push(tree);
  }
}

function leafOf(type: TokenType, text: string): JsonTree {
  return type === TokenType.STRING ? stringLeaf(text) : {json: text};
}

function damaged(why: string): ZohoError {
  return new ZohoError('damaged', `Cannot read Zoho's answer to a COQL query: ${why}`);
}
