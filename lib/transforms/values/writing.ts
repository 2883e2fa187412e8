/**
 * How the values of a field are written in documents (design 3): which the kernel writes, and how
 * the connector writes the rest. Pure.
 */
import * as codes from '../../kernel/codes.ts';
import type {OtherCell} from '../../kernel/kernel.ts';
import {type Field, isPlainText, isStructured} from '../../records/field.ts';
import {splitList} from '../csv/list-cell.ts';
import {cellOf, isNamedList, listOf, treeOf} from '../json/json-tree.ts';
import {integerJson, numberJson, numeral} from './number.ts';

export interface Writing {
  /** One of the `write...` constants of `codes.ts`. */
  readonly writer: number;
  /** Writes the cells that the kernel leaves to the connector. */
  readonly other?: OtherCell;
}

/**
 * Any text fits text and dates, and an unknown field is text. The kernel writes numbers, booleans,
 * ids and lists in their usual spelling. Other spellings of the same value, and structures as JSON
 * text, produce the same document here.
 */
export function writingOf(field: Field | undefined): Writing {
  switch (field?.type) {
    // A record's own id is the kernel's to check; a snapshot's row has it as a number like any
    // other.
    case 'id':
    case 'integer':
      return {writer: codes.writeInteger, other: integer};
    case 'number':
      return {writer: codes.writeNumber, other: number};
    case 'boolean':
      return {writer: codes.writeBoolean, other: boolean};
    case 'list':
      return listWriting(field);
    case 'lookup':
      return {writer: codes.writeDigits, other: reduced(field, joinedIds)};
    case 'text':
      return textWriting(field);
    default:
      return {writer: codes.writeText};
  }
}

const none = {json: 'null', fits: true};
const text = (value: string): {json: string; fits: boolean} => (value === '' ? none : {json: JSON.stringify(value), fits: true});
const misfit = (value: string): {json: string; fits: boolean} => ({json: JSON.stringify(value), fits: false});

const integer: OtherCell = (cell) => {
  const json = integerJson(cell);
  // A number with a fraction has one spelling, too.
  return json === undefined ? misfit(numeral(cell)) : {json, fits: true};
};

const number: OtherCell = (cell) => {
  const json = numberJson(cell);
  return json === undefined ? misfit(cell) : {json, fits: true};
};

const boolean: OtherCell = (cell) => {
  const word = truth(cell.trim());
  return word === 'true' || word === 'false' ? {json: word, fits: true} : misfit(cell);
};

/** `true` and `false` in lower case; any other text is unchanged. */
function truth(cell: string): string {
  return /^(?:true|false)$/i.test(cell) ? cell.toLowerCase() : cell;
}

/** `data_type`s with numeric values, whatever JSON type they are declared as. */
const numericTypes = new Set(['integer', 'bigint', 'long', 'double', 'decimal', 'currency', 'percent']);

/**
 * Plain text is copied unread. Numbers and booleans that documents hold as text get one spelling.
 */
function textWriting(field: Field): Writing {
  const isHeld = jsonHeld.has(field.dataType) || isStructured(field);
  const spell = isHeld ? joinedIds : spellingOf(field);
  if (spell === undefined && isPlainText(field)) return {writer: codes.writeText};
  return {writer: codes.writeDigits, other: reduced(field, spell ?? joinedIds)};
}

function spellingOf({dataType, jsonType}: Field): ((text: string) => string) | undefined {
  if (numericTypes.has(dataType) || jsonType === 'integer' || jsonType === 'double') return numeral;
  return dataType === 'boolean' ? truth : undefined;
}

/** Types that are an object in one API and its text in the other, whatever `json_type` says. */
const jsonHeld = new Set(['RRULE', 'ALARM', 'event_reminder', 'module']);

/**
 * Parses JSON text of a structure as COQL's structures are parsed, and writes the resulting text
 * with `spell`.
 */
function reduced(field: Field, spell: (text: string) => string): OtherCell {
  return (cell) => {
    const tree = treeOf(cell);
    if (tree === undefined) return text(spell(cell));
    const {isJson: isStructure, text: found} = cellOf(tree, field);
    return text(isStructure ? found : spell(found));
  };
}

/** Several ids where one is declared, joined in one way. */
function joinedIds(cell: string): string {
  return /^\d+(?: *[;,] *\d+)+$/.test(cell) ? cell.split(/ *[;,] */).join(',') : cell;
}

function listWriting(field: Field): Writing {
  const split = splitList(field);
  const isNamed = isNamedList(field);
  const other: OtherCell = (cell) => {
    const tree = treeOf(cell);
    if (tree === undefined) return array(split(cell));
    const texts = listOf(tree, field);
    if (texts !== undefined) return array(texts);
    const json = cellOf(tree, field).text;
    return isNamed ? misfit(json) : text(json);
  };
  const writer = field.dataType === 'tags' ? codes.writeTags : hasSeparators(field) ? codes.writeKnownList : codes.writeList;
  return {writer, other};
}

function array(texts: readonly string[]): {json: string; fits: boolean} {
  return texts.length === 0 ? none : {json: JSON.stringify(texts), fits: true};
}

/** Whether known values contain a file's separators, so that cells cannot be split blindly. */
function hasSeparators({values}: Field): boolean {
  return values?.some((value) => /[;,]/.test(value)) === true;
}
