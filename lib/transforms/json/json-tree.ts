/** Structured values inside a COQL row, as a small tree of texts; see `cellOf` for what becomes of them. */
import type {Field} from '../../records/field.ts';

/** A scalar holds its JSON text, and for a string also what it says. */
export type JsonTree = {readonly json: string; readonly text?: string} | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

/** What a structured value is in a cell: a text, JSON text, or nothing. */
export interface TreeCell {
  readonly isJson: boolean;
  readonly text: string;
}

const nothing: TreeCell = {isJson: false, text: ''};

/**
 * Reduces a structured value to what its field's documents hold (design 3): the id of a lookup's record; the strings of a list, by name where they are tags; the
 * rule of an RRULE or ALARM, which stands under the same name. Empty ones are nothing. Every other structure stays as compact JSON text,
 * keys in the order received.
 */
export function cellOf(tree: JsonTree, field: Field | undefined): TreeCell {
  if (isArray(tree)) {
    if (tree.length === 0) return nothing;
    if (field?.type !== 'list') return {isJson: true, text: compact(tree)};
    const texts = tree.map(listText).filter((text) => text !== '');
    return texts.length === 0 ? nothing : {isJson: true, text: JSON.stringify(texts)};
  }
  if (isObject(tree)) {
    if (field?.type === 'lookup' && (tree.has('id') || tree.size === 0)) return {isJson: false, text: textOf(tree.get('id'))};
    if (field?.dataType === 'RRULE' || field?.dataType === 'ALARM') {
      const rule = tree.get(field.dataType);
      if (rule !== undefined || tree.size === 0) return {isJson: false, text: textOf(rule)};
    }
  }
  return {isJson: true, text: compact(tree)};
}

/** One element of a list: a tag is its name. */
function listText(tree: JsonTree): string {
  return isObject(tree) && tree.has('name') ? textOf(tree.get('name')) : textOf(tree);
}

function textOf(tree: JsonTree | undefined): string {
  if (tree === undefined) return '';
  if (isArray(tree) || isObject(tree)) return compact(tree);
  return tree.text ?? (tree.json === 'null' ? '' : tree.json);
}

function compact(tree: JsonTree): string {
  if (isArray(tree)) return `[${tree.map(compact).join(',')}]`;
  if (isObject(tree)) return `{${Array.from(tree, ([key, value]) => `${JSON.stringify(key)}:${compact(value)}`).join(',')}}`;
  return tree.json;
}

function isArray(tree: JsonTree): tree is readonly JsonTree[] {
  return Array.isArray(tree);
}

function isObject(tree: JsonTree): tree is ReadonlyMap<string, JsonTree> {
  return tree instanceof Map;
}
