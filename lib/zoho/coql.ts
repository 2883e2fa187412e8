/** COQL queries (zoho-api sheet 5.1, 5.2). Pure. */
import {ZohoError} from '../errors/errors.ts';
import {coqlIdsMax} from '../limits.ts';
import {isoSeconds} from '../records/instant.ts';

/** A query as a value, with its COQL text. */
export interface CoqlQuery {
  readonly module: string;
  /** Selected columns. */
  readonly columns: readonly string[];
  /** Most rows of the answer. */
  readonly limit: number;
  /** The text, with ids in quotes. */
  readonly text: string;
  /**
   * The text with bare ids, for organisations whose COQL refuses quoted ones (zoho-api sheet 5.2).
   */
  readonly textWithBareIds: string;
}

/** A position in a window, which is ordered by `Modified_Time`, then by id. */
export interface Key {
  /** `Modified_Time`, epoch seconds. */
  readonly seconds: number;
  /** Digits. */
  readonly id: string;
}

/** Exceptions to the usual quoting of names: true for quoted, false for bare. */
export interface Quoting {
  readonly module?: boolean | undefined;
  readonly columns: ReadonlyMap<string, boolean>;
}

export interface WindowQuery {
  readonly module: string;
  readonly columns: readonly string[];
  /** Only records modified at or after this; epoch seconds. */
  readonly fromS: number;
  /**
   * Only records after this position, the last row of the previous page; `fromS` then has no
   * effect.
   */
  readonly after?: Key | undefined;
  readonly limit: number;
  readonly quoting?: Quoting | undefined;
}

export interface IdsQuery extends Pick<WindowQuery, 'module' | 'columns' | 'quoting'> {
  readonly ids: readonly string[];
}

/**
 * One page of the records modified since a time, ordered by `(Modified_Time, id)`. Paging is by
 * key, never by offset: rows that change meanwhile move to the end and shift no others. Conditions
 * are nested in pairs and the limit has both numbers, as every version accepts.
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

/**
 * One page of the records modified within one second, ordered by id: for a second with too many
 * records to page by time.
 */
export function secondQuery({module, columns, second, afterId = '0', limit, quoting}: SecondQuery): CoqlQuery {
  const within = `(Modified_Time >= ${datetimeLiteral(second)} and Modified_Time < ${datetimeLiteral(second + 1)})`;
  return select({module, columns, limit, quoting}, (idLiteral) => `(${within} and id > ${idLiteral(afterId)}) order by id asc`);
}

/** One page of the records without `Modified_Time`, ordered by id, after the given id. */
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

/** How many records were modified since a time, or how many there are. */
export function countQuery(module: string, fromS: number | undefined): CoqlQuery {
  const where = fromS === undefined ? 'id is not null' : `Modified_Time >= ${datetimeLiteral(fromS)}`;
  const text = `select COUNT(id) from ${nameOf(module)} where ${where}`;
  return {module, columns: ['COUNT(id)'], limit: 1, text, textWithBareIds: text};
}

/** A time as COQL accepts it: whole seconds, quoted, with an explicit offset. */
export function datetimeLiteral(seconds: number): string {
  return `'${isoSeconds(seconds)}+00:00'`;
}

/** Whether a word is one of the query's columns, or its module. */
export function selects({module, columns}: CoqlQuery, word: string | undefined): boolean {
  return [module, ...columns].some((name) => name === word);
}

/** Credits of a query, by its limit (zoho-api sheet 5.3). */
export function queryCredits({limit}: CoqlQuery): number {
  if (limit <= 200) return 1;
  return limit <= 1_000 ? 2 : 3;
}

type Selection = Pick<WindowQuery, 'module' | 'columns' | 'limit' | 'quoting'>;

/** `rest` writes the conditions and the order, with ids in the given notation. */
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

/**
 * Words of the grammar, and names that Zoho or users found to be reserved (zoho-api sheet 12).
 * Zoho's own list is unpublished.
 */
const reserved = new Set(
  [
    'select from where and or not in like between is null as group order by asc desc limit offset',
    'sum max min avg count',
    'external user date',
  ].flatMap((words) => words.split(' ')),
);

/**
 * Whether a name is a reserved word of COQL. As a column or module it is quoted, unless it turned
 * out to work without quotes.
 */
export function isReserved(name: string): boolean {
  return reserved.has(name.toLowerCase());
}

/** Names are not escaped, so nothing else may pass. */
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
