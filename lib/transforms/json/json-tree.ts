/**
 * Structured values as small trees of texts: JSON from COQL, or JSON text in a CSV cell. `cellOf`
 * reduces them.
 */
import {jsonDepthMax} from '../../limits.ts';
import {type Field, isStructured} from '../../records/field.ts';

/** A scalar holds its JSON text, and a string also its value. */
export type JsonTree = {readonly json: string; readonly text?: string} | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

/** A structured value as a cell: text, JSON text, or nothing. */
export interface TreeCell {
  readonly isJson: boolean;
  readonly text: string;
}

const nothing: TreeCell = {isJson: false, text: ''};
const textCell = (text: string): TreeCell => ({isJson: false, text});

/**
 * Reduces a structured value to what documents hold (design 3), which is also what Bulk Read gives.
 * An object with an id becomes its id, a module its API name, an RRULE or ALARM its rule (the
 * member of that name). A list becomes the ids or names of its elements. Empty structures become
 * nothing. Any other structure stays compact JSON text, with keys in the order received except
 * those made of digits.
 */
export function cellOf(tree: JsonTree, field: Field | undefined): TreeCell {
  if (isEmpty(tree)) return nothing;
  const json = {isJson: true, text: compact(tree)};
  if (field !== undefined && isStructured(field)) return json;
  if (field?.type === 'list') {
    const texts = listOf(tree, field);
    if (texts === undefined) return json;
    return texts.length === 0 ? nothing : {isJson: true, text: JSON.stringify(texts)};
  }
  if (isObject(tree)) return textCell(standsFor(tree, field) ?? json.text);
  if (!isArray(tree)) return textCell(textOf(tree));
  // Several references where one is declared: written as a file has them.
  const ids = tree.map((each) => (isObject(each) ? standsFor(each, field) : undefined));
  return ids.every((id) => id !== undefined) ? textCell(ids.filter((id) => id !== '').join(',')) : json;
}

/**
 * The tree of a JSON text that is an object or array; undefined for any other text, and for
 * absurdly deep nesting.
 */
export function treeOf(text: string): JsonTree | undefined {
  if ((text[0] !== '{' && text[0] !== '[') || depthOf(text) > jsonDepthMax) return undefined;
  try {
    // The source of a number keeps every digit.
    return JSON.parse(text, (_key, value: unknown, {source}): JsonTree => {
      if (source !== undefined) return typeof value === 'string' ? leafOf(value) : {json: source};
      return isTrees(value) ? value : new Map(Object.entries(value ?? {}));
    }) as JsonTree;
  } catch {
    return undefined;
  }
}

/** A reviver sees members before the structure that holds them. */
function isTrees(value: unknown): value is readonly JsonTree[] {
  return Array.isArray(value);
}

/** An upper bound of the nesting depth. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  // Equivalent mutants (EqualityOperator): there is no character at the end
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (inString && character === '\\') at++;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

/** A string as a leaf. Half a surrogate pair becomes U+FFFD (design 3). */
export function leafOf(value: string): JsonTree {
  const text = value.toWellFormed();
  return {json: JSON.stringify(text), text};
}

/**
 * The id of an object, or what documents hold in its place; undefined when it stands only for
 * itself.
 */
function standsFor(tree: ReadonlyMap<string, JsonTree>, field: Field | undefined): string | undefined {
  const keys = field?.dataType === 'module' ? ['api_name', 'id'] : ['id', 'RRULE', 'ALARM'];
  const member = memberOf(tree, keys);
  return member && textOf(member);
}

/**
 * The trimmed texts of a list, as a file has them; undefined when an element stands only for
 * itself.
 */
export function listOf(tree: JsonTree, {dataType}: Field): string[] | undefined {
  const keys = namedLists.has(dataType) ? [...nameKeys, 'id'] : ['id', ...nameKeys];
  const texts: string[] = [];
  for (const element of isArray(tree) ? tree : [tree]) {
    const value = isObject(element) ? memberOf(element, keys) : element;
    if (value === undefined || isArray(element)) return undefined;
    texts.push(textOf(value).trim());
  }
  return texts.filter((text) => text !== '');
}

/** The names and ids of objects that have both. */
export function namedIdsOf(tree: JsonTree): [name: string, id: string][] {
  return (isArray(tree) ? tree : [tree]).flatMap((element): [string, string][] => {
    if (!isObject(element)) return [];
    const name = textOf(memberOf(element, nameKeys)).trim();
    const id = textOf(element.get('id'));
    return name !== '' && id !== '' ? [[name, id]] : [];
  });
}

/** Whether a list holds names as values, instead of references: multi-select values and tags. */
export function isNamedList({dataType}: Field): boolean {
  return namedLists.has(dataType);
}

const namedLists = new Set(['tags', 'multiselectpicklist']);
const nameKeys = ['name', 'Name'];

/** The first of these members that an object has. */
function memberOf(tree: ReadonlyMap<string, JsonTree>, keys: readonly string[]): JsonTree | undefined {
  for (const key of keys) {
    const member = tree.get(key);
    if (member !== undefined) return member;
  }
  return undefined;
}

function textOf(tree: JsonTree | undefined): string {
  if (tree === undefined) return '';
  if (isArray(tree) || isObject(tree)) return compact(tree);
  return tree.text ?? (tree.json === 'null' ? '' : tree.json);
}

function compact(tree: JsonTree): string {
  if (isArray(tree)) return `[${tree.map(compact).join(',')}]`;
  if (isObject(tree)) {
    // Keys made of digits come first, as in every JavaScript object: `JSON.parse` has lost their
    // place.
    const members = Object.entries(Object.fromEntries(tree));
    return `{${members.map(([key, value]) => `${JSON.stringify(key.toWellFormed())}:${compact(value)}`).join(',')}}`;
  }
  return tree.json;
}

function isEmpty(tree: JsonTree): boolean {
  return (isArray(tree) && tree.length === 0) || (isObject(tree) && tree.size === 0);
}

function isArray(tree: JsonTree): tree is readonly JsonTree[] {
  return Array.isArray(tree);
}

function isObject(tree: JsonTree): tree is ReadonlyMap<string, JsonTree> {
  return tree instanceof Map;
}
