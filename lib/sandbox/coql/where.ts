/** Conditions of a COQL query: comparisons joined by AND and OR. */
import {type Comparator, type Condition, comparisons, type Literal} from './query.ts';
import type {Reader} from './reader.ts';
import {CoqlRefusal} from './refusal.ts';
import type {CoqlSwitches} from './switches.ts';
import {unexpected} from './tokens.ts';

/** Nested brackets; far more than 25 conditions can need. */
const depthMax = 60;

const comparators: readonly string[] = ['=', '!=', '<', '<=', '>', '>='];
const isComparator = (mark: string): mark is Comparator => comparators.includes(mark);

/**
 * Parses the condition after WHERE. Refuses what exceeds the limits or contradicts the switches.
 */
export function parseWhere(reader: Reader, switches: CoqlSwitches): Condition {
  const where = parseCondition(reader, switches, 0);
  const all = [...comparisons(where)];
  if (all.length > switches.conditionsMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
  const last = all.at(-1);
  if (!switches.trailingNotNull && all.length > 1 && last?.kind === 'null' && last.negated) throw unparsed('null');
  return where;
}

const unparsed = (near: string) => new CoqlRefusal('SYNTAX_ERROR', 'error occured while parsing the query', {near});

/**
 * AND binds tighter than OR. With strict nesting, a pair of brackets holds at most two conditions.
 */
function parseCondition(reader: Reader, switches: CoqlSwitches, depth: number): Condition {
  if (depth > depthMax) throw unparsed('where');
  let joined = 0;
  const parseAnd = () => chain('and', () => parseTerm(reader, switches, depth));
  const chain = (word: 'and' | 'or', parse: () => Condition): Condition => {
    const terms = [parse()];
    while (reader.skipWords(word)) {
      joined += 1;
      if (switches.nesting === 'strict' && joined > 1) throw unparsed('where');
      terms.push(parse());
    }
    return terms.length === 1 ? terms[0]! : {kind: word, terms};
  };
  return chain('or', parseAnd);
}

function parseTerm(reader: Reader, switches: CoqlSwitches, depth: number): Condition {
  if (!reader.skipMark('(')) return parseComparison(reader, switches);
  const condition = parseCondition(reader, switches, depth + 1);
  reader.mark(')');
  return condition;
}

function parseComparison(reader: Reader, switches: CoqlSwitches): Condition {
  const column = reader.name();
  if (reader.token.kind === 'mark') return parseCompare(reader, column);
  if (reader.skipWords('is')) {
    const negated = reader.skipWords('not');
    if (!reader.skipWords('null')) throw unexpected(reader.token);
    return {kind: 'null', column, negated};
  }
  const negated = reader.skipWords('not');
  if (reader.skipWords('in')) return {kind: 'in', column, values: parseValues(reader, switches), negated};
  if (reader.skipWords('like')) return {kind: 'like', column, pattern: parseLiteral(reader), negated};
  if (reader.skipWords('between')) {
    const low = parseLiteral(reader);
    if (!reader.skipWords('and')) throw unexpected(reader.token);
    return {kind: 'between', column, low, high: parseLiteral(reader), negated};
  }
  throw reader.token.kind === 'word' ? unknownOperator(reader.token.text) : unexpected(reader.token);
}

const unknownOperator = (operator: string) => new CoqlRefusal('SYNTAX_ERROR', 'operator not supported', {operator});

function parseCompare(reader: Reader, column: string): Condition {
  const {text} = reader.token;
  if (text === '<>' || text === '==') throw unknownOperator(text);
  if (!isComparator(text)) throw unexpected(reader.token);
  reader.next();
  return {kind: 'compare', column, comparator: text, value: parseLiteral(reader)};
}

function parseValues(reader: Reader, {valuesMax}: CoqlSwitches): Literal[] {
  reader.mark('(');
  if (reader.isWord('select')) throw new CoqlRefusal('SYNTAX_ERROR', 'given coql query not supported');
  const values: Literal[] = [];
  do values.push(parseLiteral(reader));
  while (reader.skipMark(','));
  reader.mark(')');
  if (values.length > valuesMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
  return values;
}

function parseLiteral(reader: Reader): Literal {
  const {kind, text} = reader.token;
  if (kind === 'text' || kind === 'number') {
    reader.next();
    return {kind, text};
  }
  if (reader.isWord('true') || reader.isWord('false')) return {kind: 'boolean', text: reader.next().text.toLowerCase()};
  throw unexpected(reader.token);
}
