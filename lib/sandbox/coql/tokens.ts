/** Splits a COQL query into tokens. */
import {CoqlRefusal} from './refusal.ts';

export interface Token {
  /**
   * `word`: a name, dotted or not, or a keyword · `text`: the content of quotes · `mark`: an
   * operator or punctuation.
   */
  readonly kind: 'word' | 'text' | 'number' | 'mark' | 'end';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const shapes = new RegExp(
  [
    String.raw`(?<blank>\s+)`,
    String.raw`(?<word>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)`,
    String.raw`(?<number>-?\d+(?:\.\d+)?)`,
    String.raw`(?<text>'(?:[^'\\]|\\[\s\S]|'')*')`,
    '(?<mark><=|>=|!=|<>|==|[(),=<>#*!])',
  ].join('|'),
  'y',
);

/**
 * The tokens of `query`, closed by one of kind `end`. Refuses characters that begin no token, such
 * as an open quote.
 */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  while (at < query.length) {
    const place = {line, column: at - lineStart + 1};
    shapes.lastIndex = at;
    const found = shapes.exec(query);
    if (!found?.groups) throw unexpected({kind: 'mark', text: query[at] ?? '', ...place});
    const [matched] = found;
    const {word, number, text, mark} = found.groups;
    if (word !== undefined) tokens.push({kind: 'word', text: word, ...place});
    else if (number !== undefined) tokens.push({kind: 'number', text: number, ...place});
    else if (text !== undefined)
      tokens.push({kind: 'text', text: text.slice(1, -1).replaceAll(/\\([\s\S])|'(')/g, '$1$2'), ...place});
    else if (mark !== undefined) tokens.push({kind: 'mark', text: mark, ...place});
    for (let i = matched.indexOf('\n'); i >= 0; i = matched.indexOf('\n', i + 1)) {
      line += 1;
      lineStart = at + i + 1;
    }
    at += matched.length;
  }
  tokens.push({kind: 'end', text: '', line, column: at - lineStart + 1});
  return tokens;
}

/** The refusal of a token in the wrong place. */
export function unexpected({text, line, column}: Token): CoqlRefusal {
  return new CoqlRefusal('SYNTAX_ERROR', 'unexpected token', {line, column, near: text});
}
