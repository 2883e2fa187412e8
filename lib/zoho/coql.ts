/** Texts of COQL queries (zoho-api sheet 5.1, 5.2). Pure. */
import {ZohoError} from '../errors/errors.ts';
import {coqlIdsMax} from '../limits.ts';
import {isoSeconds} from '../records/instant.ts';

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
export function windowQuery({module, columns, fromS, after, limit, quoting}: WindowQuery): string {
  const [id, modified] = [columnOf('id', quoting), columnOf('Modified_Time', quoting)];
  const where =
    after === undefined
      ? `${modified} >= ${datetimeLiteral(fromS)}`
      : `(${modified} > ${datetimeLiteral(after.seconds)} or (${modified} = ${datetimeLiteral(after.seconds)} and ${id} > ${idLiteral(after.id)}))`;
  return `${selected(columns, module, quoting)} where ${where} order by ${modified} asc, ${id} asc limit 0, ${limit}`;
}

export interface SecondQuery extends Pick<WindowQuery, 'module' | 'columns' | 'quoting' | 'limit'> {
  /** Epoch seconds. */
  readonly second: number;
  /** Only records with a larger id. */
  readonly afterId?: string | undefined;
}

/** One page of the records modified within one second, by id: for a second that pages by time do not get through. */
export function secondQuery({module, columns, second, afterId = '0', limit, quoting}: SecondQuery): string {
  const within = `(Modified_Time >= ${datetimeLiteral(second)} and Modified_Time < ${datetimeLiteral(second + 1)})`;
  return `${selected(columns, module, quoting)} where (${within} and id > ${idLiteral(afterId)}) order by id asc limit 0, ${limit}`;
}

/** One page of the records that have no `Modified_Time` at all, in the order of their ids; those after one of them. */
export function untimedQuery(module: string, after: string | undefined, limit: number, quoting?: Quoting): string {
  const where = after === undefined ? 'Modified_Time is null' : `(Modified_Time is null and id > ${idLiteral(after)})`;
  return `${selected(['Modified_Time', 'id'], module, quoting)} where ${where} order by id asc limit 0, ${limit}`;
}

/** Records by their ids, at most 100 of them. */
export function idsQuery({module, columns, ids, quoting}: IdsQuery): string {
  if (ids.length === 0 || ids.length > coqlIdsMax)
    throw new RangeError(`Cannot ask for ${ids.length} ids in one query: it takes 1 to ${coqlIdsMax}`);
  const where = `${columnOf('id', quoting)} in (${ids.map(idLiteral).join(', ')})`;
  return `${selected(columns, module, quoting)} where ${where} limit 0, ${ids.length}`;
}

/** How many records were modified since a time, or without one how many there are. */
export function countQuery(module: string, fromS: number | undefined): string {
  const where = fromS === undefined ? 'id is not null' : `Modified_Time >= ${datetimeLiteral(fromS)}`;
  return `select COUNT(id) from ${nameOf(module)} where ${where}`;
}

/** A time as COQL takes it: whole seconds, quoted, with its offset written out. */
export function datetimeLiteral(seconds: number): string {
  return `'${isoSeconds(seconds)}+00:00'`;
}

/** The module that a query reads. */
export function queriedModule(query: string): string {
  return / from '?(\$?\w+)'? where /.exec(query)?.[1] ?? '';
}

/** Whether a word is among the names of columns and module that a query selects. */
export function selects(query: string, word: string): boolean {
  const [names = ''] = query.slice('select '.length).split(' where ');
  return word !== 'from' && names.split(/[\s,']+/).includes(word);
}

/** Credits of a query by the rows it may return (zoho-api sheet 5.3). */
export function queryCredits(query: string): number {
  const limit = Number(/ limit \d+, (\d+)$/.exec(query)?.[1] ?? 200);
  if (limit <= 200) return 1;
  return limit <= 1_000 ? 2 : 3;
}

/** The same query with bare ids, for organisations whose COQL refuses quoted ones (both are in use, zoho-api sheet 5.2). */
export function withBareIds(query: string): string {
  return query.replace(/'(\d+)'/g, '$1');
}

function selected(columns: readonly string[], module: string, quoting: Quoting | undefined): string {
  const from = written(module, quoting?.module);
  return `select ${columns.map((name) => columnOf(name, quoting)).join(', ')} from ${from}`;
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

function idLiteral(id: string): string {
  if (!/^\d+$/.test(id)) throw new ZohoError('damaged', 'Cannot ask for a record by an id that is not a number');
  return `'${id}'`;
}
