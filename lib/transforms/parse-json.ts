/** COQL answers to rows (zoho-api sheet 5.5): the cells that a CSV page would have, as far as the two agree. */
import {TokenType} from '@streamparser/json';
import {ZohoError} from '../errors/errors.ts';
import {coqlBytesMax} from '../limits.ts';
import {cellClean, cellJson, cellPlain, type Rows} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {flagOf} from './json/flag.ts';
import {cellOf, type JsonTree} from './json/json-tree.ts';
import {JsonError, type JsonVisitor, walkJson} from './json/json-walk.ts';

export interface CoqlAnswer {
  /** One row for each record, with the columns asked for. */
  readonly rows: Rows;
  /** Whether Zoho says that more rows follow; undefined when it does not say. */
  readonly more: boolean | undefined;
}

/**
 * Reads the body of a COQL answer. A column that a record lacks is taken for null: Zoho sends nulls with their names, so this is no
 * other meaning of it. Members that were not asked for are left out.
 *
 * Throws kind `damaged` for a body that is cut, malformed, too large or without `data`, and for a record without id or `Modified_Time`, if these
 * are among the columns. Failures of the body pass through.
 */
export async function parseCoql(
  body: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  fields: ReadonlyMap<string, Field>,
): Promise<CoqlAnswer> {
  const text = await whole(body);
  const answer = new Answer(text, columns, fields);
  try {
    await walkJson(text, answer);
  } catch (error) {
    throw error instanceof JsonError ? damaged(`${error.message[0]?.toLowerCase()}${error.message.slice(1)}`) : error;
  }
  return answer.result();
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > coqlBytesMax) throw damaged(`it has more than ${coqlBytesMax} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces, bytes);
  return byteOrderMark.equals(text.subarray(0, 3)) ? text.subarray(3) : text;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const backslash = 0x5c;

/** How many structures are open around what stands in `data` or `info`, and around the values of a row. */
const inMember = 2;
const inRow = 3;

/** Rows that there is room for at first: as many as a page of the cheapest kind has. */
const rowsFirst = 200;

class Answer implements JsonVisitor {
  readonly #text: Buffer;
  readonly #columns: readonly string[];
  readonly #fields: ReadonlyMap<string, Field>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #needed: readonly string[];
  /** The first backslash that is not behind the values read. */
  #nextEscape = -1;
  #depth = 0;
  #member: string | undefined;
  #hasData = false;
  #more: boolean | undefined;
  /** Cells of the rows so far, and free ones behind them, all empty. */
  #cells: Int32Array;
  #count = 0;
  /** Texts that do not stand in the body as they are, to follow it. */
  readonly #added: Buffer[] = [];
  #addedBytes = 0;
  /** The structured value being read, and the structures around it, outermost first. */
  readonly #trees: (JsonTree[] | Map<string, JsonTree>)[] = [];
  #treeKeys: (string | undefined)[] = [];

  constructor(text: Buffer, columns: readonly string[], fields: ReadonlyMap<string, Field>) {
    this.#text = text;
    this.#columns = columns;
    this.#fields = fields;
    this.#places = new Map(columns.map((name, place) => [name, place]));
    this.#needed = ['id', 'Modified_Time'].filter((name) => this.#places.has(name));
    this.#cells = new Int32Array(2 * columns.length * rowsFirst);
  }

  scalar(type: TokenType, from: number, to: number, key: string | undefined): void {
    if (this.#trees.length > 0) this.#grow(this.#leaf(type, from, to), key);
    else if (this.#depth === inRow && this.#member === 'data') this.#setScalar(type, from, to, key);
    else if (this.#depth === inMember && this.#member === 'data') throw damaged('its data holds something other than records');
    else if (this.#depth === inMember && this.#member === 'info' && key === 'more_records') {
      this.#more = flagOf(this.#text.toString('latin1', from, to));
    }
  }

  open(isArray: boolean, key: string | undefined): void {
    this.#depth++;
    if (this.#depth === inMember) {
      this.#member = key;
      if (key === 'data') this.#hasData = isArray;
    } else if (this.#depth === inRow && this.#member === 'data') {
      if (isArray || !this.#hasData) throw damaged('its data holds something other than records');
      this.#makeRoom();
    } else if (this.#depth > inRow && this.#member === 'data') {
      this.#trees.push(isArray ? [] : new Map());
      this.#treeKeys.push(key);
    }
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

  result(): CoqlAnswer {
    if (!this.#hasData) throw damaged('it has no list of data');
    const bytes = this.#added.length === 0 ? this.#text : Buffer.concat([this.#text, ...this.#added]);
    const cells = this.#cells.subarray(0, 2 * this.#columns.length * this.#count);
    return {rows: {columns: this.#columns, bytes, cells, count: this.#count}, more: this.#more};
  }

  #endRow(): void {
    for (const name of this.#needed) {
      const k = this.#cellAt(this.#places.get(name)!);
      if (this.#cells[k]! >> 2 === this.#cells[k + 1]) throw damaged(`row ${this.#count + 1} has no ${name}`);
    }
    this.#count++;
  }

  /** Makes room for the cells of one more row. */
  #makeRoom(): void {
    if (2 * this.#columns.length * (this.#count + 1) <= this.#cells.length) return;
    const larger = new Int32Array(2 * this.#cells.length);
    larger.set(this.#cells);
    this.#cells = larger;
  }

  /** Where a cell of the row that is being read is. */
  #cellAt(place: number): number {
    return 2 * (this.#count * this.#columns.length + place);
  }

  #setScalar(type: TokenType, from: number, to: number, key: string | undefined): void {
    if (type === TokenType.NULL) this.#set(key, 0, 0, cellPlain);
    else if (type !== TokenType.STRING) this.#set(key, from, to, cellClean);
    else if (this.#hasEscape(from, to)) this.#add(key, this.#read(from, to), cellPlain);
    // Between its quotes, a JSON string without escapes needs none.
    else this.#set(key, from + 1, to - 1, cellClean);
  }

  /** Most answers have few escapes, and are looked through once for each. */
  #hasEscape(from: number, to: number): boolean {
    if (this.#nextEscape < from) {
      const at = this.#text.indexOf(backslash, from);
      this.#nextEscape = at < 0 ? this.#text.length : at;
    }
    return this.#nextEscape < to;
  }

  #setTree(tree: JsonTree, key: string | undefined): void {
    if (key === undefined || !this.#places.has(key)) return;
    const {isJson, text} = cellOf(tree, this.#fields.get(key));
    this.#add(key, text, isJson ? cellJson : cellPlain);
  }

  #add(key: string | undefined, text: string, kind: number): void {
    const added = Buffer.from(text);
    const from = this.#text.length + this.#addedBytes;
    this.#added.push(added);
    this.#addedBytes += added.length;
    this.#set(key, from, from + added.length, kind);
  }

  #set(key: string | undefined, from: number, to: number, kind: number): void {
    const place = key === undefined ? undefined : this.#places.get(key);
    if (place === undefined) return;
    const k = this.#cellAt(place);
    this.#cells[k] = (from << 2) | kind;
    this.#cells[k + 1] = to;
  }

  #grow(tree: JsonTree, key: string | undefined): void {
    const parent = this.#trees[this.#trees.length - 1];
    if (parent instanceof Map) parent.set(key ?? '', tree);
    else parent?.push(tree);
  }

  #leaf(type: TokenType, from: number, to: number): JsonTree {
    if (type !== TokenType.STRING) return {json: this.#text.toString('latin1', from, to)};
    const text = this.#read(from, to);
    return {json: JSON.stringify(text), text};
  }

  /** What a string literal says. */
  #read(from: number, to: number): string {
    return String(JSON.parse(this.#text.toString('utf8', from, to)));
  }
}

function damaged(why: string): ZohoError {
  return new ZohoError('damaged', `Cannot read Zoho's answer to a COQL query: ${why}`);
}
