/**
 * The grammar of COQL (zoho-api sheet 5.1): text in, a query out. Names and types are checked
 * later, against an organisation.
 */
import {type Aggregate, aggregates, type Order, type Query, type Selected} from './query.ts';
import {Reader} from './reader.ts';
import {CoqlRefusal} from './refusal.ts';
import type {CoqlSwitches} from './switches.ts';
import {parseWhere} from './where.ts';

const groupColumnsMax = 4;
const orderColumnsMax = 10;
const aggregatesMax = 5;
const limitDefault = 200;

/** Parses one query. Throws the `CoqlRefusal` that Zoho would answer. */
export function parseQuery(text: string, switches: CoqlSwitches): Query {
  const reader = new Reader(text, switches);
  reader.clause('select');
  const select = parseSelect(reader);
  reader.clause('from');
  const module = parseModule(reader);
  reader.clause('where');
  const where = parseWhere(reader, switches);
  const groupBy = reader.skipWords('group', 'by') ? parseNames(reader, groupColumnsMax) : [];
  const orderBy = reader.skipWords('order', 'by') ? parseOrder(reader) : [];
  const {offset, limit} = reader.skipWords('limit') ? parseLimit(reader, switches) : {offset: 0, limit: limitDefault};
  reader.end();
  return {select, module, where, groupBy, orderBy, offset, limit};
}

function parseSelect(reader: Reader): Selected[] {
  const select: Selected[] = [];
  do select.push(parseSelected(reader));
  while (reader.skipMark(','));
  if (select.filter(({aggregate}) => aggregate).length > aggregatesMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
  refuseDoubles(select);
  return select;
}

function parseSelected(reader: Reader): Selected {
  const aggregate = reader.nextMark() === '(' ? parseAggregate(reader) : undefined;
  const column = reader.name();
  if (aggregate) reader.mark(')');
  const alias = reader.skipWords('as') ? parseAlias(reader, column) : undefined;
  return {column, ...(aggregate && {aggregate}), ...(alias && {alias})};
}

function parseAggregate(reader: Reader): Aggregate {
  const {text} = reader.next();
  reader.mark('(');
  const aggregate = aggregates.find((name) => name === text.toUpperCase());
  if (aggregate) return aggregate;
  const column = `${text}(${reader.token.text})`;
  throw new CoqlRefusal('INVALID_DATA', 'invalid data', {reason: 'unsupported aggregate function', column});
}

function parseAlias(reader: Reader, column: string): string {
  const alias = reader.name();
  if (alias !== '') return alias;
  throw new CoqlRefusal('INVALID_ALIAS', 'alias name cannot be an empty string', {column_name: column, alias});
}

function refuseDoubles(select: readonly Selected[]): void {
  const columns = new Set<string>();
  const aliases = new Map<string, string>();
  for (const {column, aggregate, alias} of select) {
    const key = `${aggregate ?? ''} ${column}`;
    if (columns.has(key)) {
      const details = {column_name: column, ...(aggregate && {aggregate})};
      throw new CoqlRefusal(
        'DUPLICATE_DATA',
        aggregate ? 'duplicate aggregate function' : 'duplicate select column',
        details,
        401,
      );
    }
    columns.add(key);
    if (alias === undefined) continue;
    const first = aliases.get(alias);
    if (first !== undefined) {
      const details = {referred_columns: [first, column], alias};
      throw new CoqlRefusal('DUPLICATE_ALIAS', 'same alias cannot refer more than one column', details);
    }
    aliases.set(alias, column);
  }
  const plain = new Set(select.filter(({alias}) => alias === undefined).map(({column}) => column));
  for (const [alias, column] of aliases) {
    if (!plain.has(alias)) continue;
    throw new CoqlRefusal(
      'INVALID_QUERY',
      'column name or property name given in select columns without alias name cannot be an alias name for other select columns',
      {column_name: column, alias},
    );
  }
}

/** `Module` or `Module#cvid`. The sandbox has no custom views, so every one is unknown. */
function parseModule(reader: Reader): string {
  const module = reader.name();
  if (reader.skipMark('#')) {
    throw new CoqlRefusal('INVALID_QUERY', 'Invalid query formed', {module, cvid: reader.number()});
  }
  return module;
}

function parseNames(reader: Reader, most: number): string[] {
  const names: string[] = [];
  do names.push(reader.name());
  while (reader.skipMark(','));
  if (names.length > most) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
  return names;
}

function parseOrder(reader: Reader): Order[] {
  const orders: Order[] = [];
  do {
    const column = reader.name();
    const descending = reader.skipWords('desc');
    if (!descending) reader.skipWords('asc');
    orders.push({column, descending});
  } while (reader.skipMark(','));
  if (orders.length > orderColumnsMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
  const twice = orders.find(({column}, i) => orders.findIndex((other) => other.column === column) < i);
  if (twice) throw new CoqlRefusal('DUPLICATE_DATA', 'duplicate order by column', {column_name: twice.column}, 401);
  return orders;
}

/** `offset, count` · `count offset offset` · `count` alone, which some organisations refuse. */
function parseLimit(reader: Reader, switches: CoqlSwitches): {offset: number; limit: number} {
  const first = reader.number();
  if (reader.skipMark(',')) return checkedLimit(first, reader.number(), switches);
  if (reader.skipWords('offset')) return checkedLimit(reader.number(), first, switches);
  if (!switches.bareLimit) throw new CoqlRefusal('SYNTAX_ERROR', 'error occured while parsing the query', {near: 'limit'});
  return checkedLimit('0', first, switches);
}

function checkedLimit(offsetText: string, limitText: string, {rowsMax, offsetMax}: CoqlSwitches) {
  const offset = Number(offsetText);
  const limit = Number(limitText);
  if (limit === 0) throw new CoqlRefusal('INVALID_DATA', 'limit should be greater than 0');
  const refuse = (details: object) => new CoqlRefusal('INVALID_QUERY', 'limit given seems to be invalid', {...details});
  if (!Number.isInteger(limit) || limit < 0 || limit > rowsMax) throw refuse({limit});
  if (!Number.isInteger(offset) || offset < 0 || offset >= offsetMax) throw refuse({offset});
  return {offset, limit};
}
