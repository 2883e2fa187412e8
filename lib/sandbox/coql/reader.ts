/** A position in the tokens of a query, and the small steps of the grammar. */
import {CoqlRefusal} from './refusal.ts';
import {type CoqlSwitches, coqlDefaults} from './switches.ts';
import {type Token, tokensOf, unexpected} from './tokens.ts';

/**
 * Words of the grammar, and one name that Zoho mentions besides. Zoho does not publish its list.
 */
const reserved = new Set(
  'select from where and or not in like between is null as group order by asc desc limit offset external'.split(' '),
);

export class Reader {
  readonly #tokens: readonly Token[];
  readonly #quotedNames: boolean;
  #at = 0;

  constructor(query: string, {reservedNames}: Pick<CoqlSwitches, 'reservedNames'> = coqlDefaults) {
    this.#quotedNames = reservedNames === 'quoted';
    this.#tokens = tokensOf(query);
  }

  /** The next token; at the end, always one of kind `end`. */
  get token(): Token {
    return this.#tokens[this.#at] ?? this.#tokens[this.#tokens.length - 1]!;
  }

  /** The mark after the next token, if a mark follows. */
  nextMark(): string | undefined {
    const after = this.#tokens[this.#at + 1];
    return after?.kind === 'mark' ? after.text : undefined;
  }

  next(): Token {
    const {token} = this;
    this.#at += 1;
    return token;
  }

  isWord(word: string): boolean {
    return this.token.kind === 'word' && this.token.text.toLowerCase() === word;
  }

  /** Skips `words` if all of them come next; returns whether they did. */
  skipWords(...words: readonly string[]): boolean {
    const start = this.#at;
    for (const word of words) {
      if (!this.isWord(word)) {
        this.#at = start;
        return false;
      }
      this.#at += 1;
    }
    return true;
  }

  skipMark(mark: string): boolean {
    const found = this.token.kind === 'mark' && this.token.text === mark;
    if (found) this.#at += 1;
    return found;
  }

  mark(mark: string): void {
    if (!this.skipMark(mark)) throw unexpected(this.token);
  }

  /** Reads the keyword that opens a clause. The refusal of a missing clause names it. */
  clause(word: string): void {
    if (this.skipWords(word)) return;
    const later = this.#tokens.slice(this.#at).some(({kind, text}) => kind === 'word' && text.toLowerCase() === word);
    throw later ? unexpected(this.token) : new CoqlRefusal('SYNTAX_ERROR', 'missing clause', {clause: word});
  }

  /** Reads a column or module: a bare name, a quoted one, or `!Module.Name`. */
  name(): string {
    if (this.skipMark('!')) return this.#word().replace(/^\w+\./, '');
    if (this.token.kind === 'text' && this.#quotedNames) return this.next().text;
    return this.#word();
  }

  number(): string {
    if (this.token.kind !== 'number') throw unexpected(this.token);
    return this.next().text;
  }

  end(): void {
    if (this.token.kind !== 'end') throw unexpected(this.token);
  }

  #word(): string {
    const {kind, text} = this.token;
    if (kind !== 'word' || (this.#quotedNames && reserved.has(text.toLowerCase()))) throw unexpected(this.token);
    return this.next().text;
  }
}
