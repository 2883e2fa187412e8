/** COQL queries (zoho-api sheet 5.1, 5.2). Pure. */
import {ZohoError} from '../errors/errors.ts';
import {coqlIdsMax} from '../limits.ts';
import {isoSeconds} from '../records/instant.ts';

/** A query, as a value: what is asked, and how that reads in COQL. */
export interface CoqlQuery {
  readonly module: string;
  /** The columns that it selects. */
  readonly columns: readonly string[];
  /** Rows of its answer, at most. */
  readonly limit: number;
  /** What is sent, with ids in quotes. */
  readonly text: string;
  /** The same with bare ids, for organisations whose COQL refuses quoted ones (both are in use, zoho-api sheet 5.2). */
  readonly textWithBareIds: string;
}

/** A place in the order of a window: by `Modified_Time`, then by id. */
export interface Key {
  /** `Modified_Time`, epoch seconds. */
  readonly seconds: number;
  /** Digits. */
  readonly id: string;
}

/** How names are written whose writing is not the usual: true for in quotes, false for without. */
export interface Quoting {
  readonly module?: boolean | undefined;
  readonly columns: ReadonlyMap<string, boolean>;
}

export interface WindowQuery {
  readonly module: string;
  readonly columns: readonly string[];
  /** Only records modified at or after this; epoch seconds. */
  readonly fromS: number;
  /** Only records after this place, which is the last row of the page before; then `fromS` is implied. */
  readonly after?: Key | undefined;
  readonly limit: number;
  readonly quoting?: Quoting | undefined;
}

export interface IdsQuery extends Pick<WindowQuery, 'module' | 'columns' | 'quoting'> {
  readonly ids: readonly string[];
}

/**
 * One page of the records modified since a time, in the order of `(Modified_Time, id)`. Paging goes by key and never by offset: rows
 * that change meanwhile move to the end instead of shifting others. Conditions are nested in pairs and the limit has both numbers, which every version accepts.
 */
export function windowQuery({module, columns, fromS, after, limit, quoting}: WindowQuery): CoqlQuery {
  const [id, modified] = [columnOf('id', quoting), columnOf('Modified_Time', quoting)];
  const order = `order by ${modified} asc, ${id} asc`;
  if (after === undefined)
    return select({module, columns, limit, quoting}, () => `${modified} >= ${datetimeLiteral(fromS)} ${order}`);
  const second = datetimeLiteral(after.seconds);
  return select(
    {module, columns, limit, quoting},
    (idLiteral) => `(${modified} > ${second} or (${modified} = ${second} and ${id} > ${idLiteral(after.id)})) ${order}`,
  );
}

export interface SecondQuery extends Pick<WindowQuery, 'module' | 'columns' | 'quoting' | 'limit'> {
  /** Epoch seconds. */
  readonly second: number;
  /** Only records with a larger id. */
  readonly afterId?: string | undefined;
}

/** One page of the records modified within one second, by id: for a second that pages by time do not get through. */
export function secondQuery({module, columns, second, afterId = '0', limit, quoting}: SecondQuery): CoqlQuery {
  const within = `(Modified_Time >= ${datetimeLiteral(second)} and Modified_Time < ${datetimeLiteral(second + 1)})`;
  return select({module, columns, limit, quoting}, (idLiteral) => `(${within} and id > ${idLiteral(afterId)}) order by id asc`);
}

/** One page of the records that have no `Modified_Time` at all, in the order of their ids; those after one of them. */
export function untimedQuery(module: string, after: string | undefined, limit: number, quoting?: Quoting): CoqlQuery {
  return select({module, columns: ['Modified_Time', 'id'], limit, quoting}, (idLiteral) => {
    const where = after === undefined ? 'Modified_Time is null' : `(Modified_Time is null and id > ${idLiteral(after)})`;
    return `${where} order by id asc`;
  });
}

/** Records by their ids, at most 100 of them. */
export function idsQuery({module, columns, ids, quoting}: IdsQuery): CoqlQuery {
  if (ids.length === 0 || ids.length > coqlIdsMax)
    throw new RangeError(`Cannot ask for ${ids.length} ids in one query: it takes 1 to ${coqlIdsMax}`);
  return select(
    {module, columns, limit: ids.length, quoting},
    (idLiteral) => `${columnOf('id', quoting)} in (${ids.map(idLiteral).join(', ')})`,
  );
}

/** How many records were modified since a time. */
export function countQuery(module: string, fromS: number): CoqlQuery {
  const text = `select COUNT(id) from ${nameOf(module)} where Modified_Time >= ${datetimeLiteral(fromS)}`;
  return {module, columns: ['COUNT(id)'], limit: 1, text, textWithBareIds: text};
}

/** A time as COQL takes it: whole seconds, quoted, with its offset written out. */
export function datetimeLiteral(seconds: number): string {
  return `'${isoSeconds(seconds)}+00:00'`;
}

/** Whether a word is among the names of columns and module that a query selects. */
export function selects({module, columns}: CoqlQuery, word: string): boolean {
  return word === module || columns.includes(word);
}

/** Credits of a query by the rows it may return (zoho-api sheet 5.3). */
export function queryCredits({limit}: CoqlQuery): number {
  if (limit <= 200) return 1;
  return limit <= 1_000 ? 2 : 3;
}

type Selection = Pick<WindowQuery, 'module' | 'columns' | 'limit' | 'quoting'>;

/** `rest` writes the conditions and the order, with ids as the literals that it is given. */
function select({module, columns, limit, quoting}: Selection, rest: (idLiteral: (id: string) => string) => string): CoqlQuery {
  const names = columns.map((name) => columnOf(name, quoting)).join(', ');
  const textOf = (idLiteral: (id: string) => string): string =>
    `select ${names} from ${written(module, quoting?.module)} where ${rest(idLiteral)} limit 0, ${limit}`;
  return {module, columns, limit, text: textOf((id) => `'${digitsOf(id)}'`), textWithBareIds: textOf(digitsOf)};
}

function columnOf(name: string, quoting: Quoting | undefined): string {
  return written(name, quoting?.columns.get(name));
}

function written(name: string, isQuoted: boolean = isReserved(name)): string {
  return isQuoted ? `'${nameOf(name)}'` : nameOf(name);
}

/** The words of the grammar, and names that Zoho says or users found to be reserved (zoho-api sheet 12); Zoho's list is unpublished. */
const reserved = new Set(
  [
    'select from where and or not in like between is null as group order by asc desc limit offset',
    'sum max min avg count',
    'external user date',
  ].flatMap((words) => words.split(' ')),
);

/** Whether a name is known to be a word of COQL's own; as the name of a column or module it stands in quotes, unless it is known to be taken without. */
export function isReserved(name: string): boolean {
  return reserved.has(name.toLowerCase());
}

/** Names go into the text as they are, so they must be names. */
function nameOf(name: string): string {
  if (!isCoqlName(name)) throw new ZohoError('module', `Cannot ask COQL for "${name}": it is not an API name`);
  return name;
}

export function isCoqlName(name: string): boolean {
  return /^\$?\w+$/.test(name);
}

function digitsOf(id: string): string {
  if (!/^\d+$/.test(id)) throw new ZohoError('damaged', 'Cannot ask for a record by an id that is not a number');
  return id;
}
