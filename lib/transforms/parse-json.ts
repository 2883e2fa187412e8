/** COQL answers to rows (zoho-api sheet 5.5): the cells that a CSV page would have, as far as the two agree. */
import {isUtf8} from 'node:buffer';
import {TokenType} from '@streamparser/json';
import {ZohoError} from '../errors/errors.ts';
import {coqlBytesMax} from '../limits.ts';
import {cellClean, cellJson, cellPlain, type RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {BrokenText} from './json/broken-text.ts';
import {flagOf} from './json/flag.ts';
import {cellOf, type JsonTree, leafOf} from './json/json-tree.ts';
import {JsonError, type JsonVisitor, walkJson} from './json/json-walk.ts';
import {type Repaired, repairUtf8} from './utf8.ts';

export interface CoqlAnswer {
  /** One row for each record, with the columns asked for. */
  readonly rows: RowBlock;
  /** Whether Zoho says that more rows follow; undefined when it does not say. */
  readonly more: boolean | undefined;
}

/**
 * Reads the body of a COQL answer. A column that a record lacks is taken for null: Zoho sends nulls with their names, so this is no
 * other meaning of it. Members that were not asked for are left out.
 *
 * What stands among the records and is none becomes a row of empty cells, for whoever checks rows to leave out. Throws kind `damaged` for a body that is cut,
 * malformed, too large or without `data`. Failures of the body pass through.
 */
export async function parseCoql(
  body: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  fields: ReadonlyMap<string, Field>,
): Promise<CoqlAnswer> {
  const {bytes: text, places} = validText(await whole(body));
  const answer = new Answer(text, columns, fields, new BrokenText(places));
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

/** Text that is not UTF-8 is no reason to lose the answer. */
function validText(bytes: Buffer): Repaired {
  return isUtf8(bytes) ? {bytes, places: []} : repairUtf8(bytes);
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

  readonly #broken: BrokenText;

  constructor(text: Buffer, columns: readonly string[], fields: ReadonlyMap<string, Field>, broken: BrokenText) {
    this.#text = text;
    this.#broken = broken;
    this.#columns = columns;
    this.#fields = fields;
    this.#places = new Map(columns.map((name, place) => [name, place]));
    this.#cells = new Int32Array(2 * columns.length * rowsFirst);
  }

  scalar(type: TokenType, from: number, to: number, key: string | undefined): void {
    if (this.#trees.length > 0) this.#grow(this.#leaf(type, from, to), key);
    else if (this.#depth === inRow && this.#member === 'data') this.#setScalar(type, from, to, key);
    else if (this.#depth === inMember && this.#member === 'data' && this.#hasData) this.#addEmptyRow();
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
      if (!this.#hasData) throw damaged('its data is no list');
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
    const {replaced} = this.#broken;
    return {rows: {columns: this.#columns, bytes, cells, count: this.#count, replaced}, more: this.#more};
  }

  #endRow(): void {
    this.#broken.endRow(this.#idText());
    this.#count++;
  }

  /** The id of the row that is being read. */
  #idText(): string {
    const place = this.#places.get('id');
    if (place === undefined) return '';
    const k = this.#cellAt(place);
    return this.#text.toString('latin1', this.#cells[k]! >> 2, this.#cells[k + 1]!);
  }

  /** What is no record has no cells. */
  #addEmptyRow(): void {
    this.#makeRoom();
    this.#endRow();
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
    else if (this.#hasEscape(from, to)) this.#add(key, this.#read(from, to, key), cellPlain);
    else {
      // Between its quotes, a JSON string without escapes needs none.
      this.#set(key, from + 1, to - 1, cellClean);
      this.#broken.passed(from, to, key);
    }
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
    return leafOf(this.#read(from, to, this.#treeKeys[0]));
  }

  /** What a string literal says, which is part of some column's value. */
  #read(from: number, to: number, column: string | undefined): string {
    return this.#broken.read(String(JSON.parse(this.#text.toString('utf8', from, to))), from, to, column);
  }
}

function damaged(why: string): ZohoError {
  return new ZohoError('damaged', `Cannot read Zoho's answer to a COQL query: ${why}`);
}
