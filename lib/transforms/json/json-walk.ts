/**
 * JSON text as a walk over its values, each with its range in the text. Numbers and long strings
 * are never converted.
 */
import {setImmediate} from 'node:timers/promises';
import {type ParsedTokenInfo, Tokenizer, TokenizerError, TokenType} from '@streamparser/json';
import {jsonDepthMax, jsonSliceBytes} from '../../limits.ts';

/**
 * Receives the values of a JSON text in order. `key` is the member's name inside an object,
 * otherwise undefined.
 */
export interface JsonVisitor {
  /**
   * A string (`from` at its opening quote, `to` after the closing one), number, `true`, `false` or
   * `null`.
   */
  scalar(type: TokenType, from: number, to: number, key: string | undefined): void;
  open(isArray: boolean, key: string | undefined): void;
  close(): void;
}

/** Text that is not JSON. The message says where, never what is there. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** What may come next. */
type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';

/**
 * Walks a whole JSON text (UTF-8, without byte order mark), and yields to other work in between.
 * Throws `JsonError` for text that is malformed, cut or absurdly deep. What a visitor throws passes
 * through.
 */
export async function walkJson(text: Uint8Array, visitor: JsonVisitor): Promise<void> {
  const walk = new Walk(text, visitor);
  for (let at = 0; at < text.length; at += jsonSliceBytes) {
    if (at > 0) await setImmediate();
    walk.write(text.subarray(at, at + jsonSliceBytes));
  }
  walk.end();
}

const quote = 0x22;
const backslash = 0x5c;

/** Reads tokens with @streamparser/json, checks their order and tracks the depth. */
class Walk extends Tokenizer {
  readonly #text: Uint8Array;
  readonly #visitor: JsonVisitor;
  /** For each open structure, whether it is an array. */
  readonly #open: boolean[] = [];
  #expected: Expected = 'value';
  #key: string | undefined;
  #numberLength = 0;

  constructor(text: Uint8Array, visitor: JsonVisitor) {
    super({stringBufferSize: stringBufferBytes});
    this.#text = text;
    this.#visitor = visitor;
  }

  override onToken({token, value, offset}: ParsedTokenInfo): void {
    const expected = this.#expected;
    switch (token) {
      case TokenType.COLON:
        this.#need(expected === 'colon', offset);
        this.#expected = 'value';
        break;
      case TokenType.COMMA:
        this.#need(expected === 'commaOrEnd', offset);
        this.#expected = this.#inArray ? 'value' : 'key';
        break;
      case TokenType.LEFT_BRACE:
      case TokenType.LEFT_BRACKET:
        this.#need(expected === 'value' || expected === 'valueOrEnd', offset);
        this.#enter(token === TokenType.LEFT_BRACKET, offset);
        break;
      case TokenType.RIGHT_BRACE:
      case TokenType.RIGHT_BRACKET:
        this.#need(expected === 'commaOrEnd' || expected === (this.#inArray ? 'valueOrEnd' : 'keyOrEnd'), offset);
        this.#need(this.#inArray === (token === TokenType.RIGHT_BRACKET), offset);
        this.#leave();
        break;
      default:
        if (expected === 'key' || expected === 'keyOrEnd') {
          this.#need(token === TokenType.STRING, offset);
          this.#key = String(value);
          this.#expected = 'colon';
        } else {
          this.#need(expected === 'value' || expected === 'valueOrEnd', offset);
          this.#visitor.scalar(token, offset, this.#scalarEnd(token, offset), this.#takeKey());
          this.#expected = this.#afterValue;
        }
    }
  }

  override end(): void {
    super.end();
    if (this.#expected !== 'nothing') throw new JsonError('The text ends before its last value does');
  }

  override onError(error: Error): void {
    // The tokenizer's messages quote the text, which may be a customer's.
    throw error instanceof TokenizerError || error instanceof TypeError ? new JsonError('The text is malformed') : error;
  }

  /** Numbers stay text; only their length matters. */
  protected override parseNumber(digits: string): number {
    this.#numberLength = digits.length;
    return 0;
  }

  get #inArray(): boolean {
    return this.#open[this.#open.length - 1] === true;
  }

  get #afterValue(): Expected {
    return this.#open.length === 0 ? 'nothing' : 'commaOrEnd';
  }

  #enter(isArray: boolean, offset: number): void {
    this.#need(this.#open.length < jsonDepthMax, offset);
    this.#visitor.open(isArray, this.#takeKey());
    this.#open.push(isArray);
    this.#expected = isArray ? 'valueOrEnd' : 'keyOrEnd';
  }

  #leave(): void {
    this.#open.pop();
    this.#visitor.close();
    this.#expected = this.#afterValue;
  }

  #takeKey(): string | undefined {
    const key = this.#key;
    this.#key = undefined;
    return key;
  }

  #scalarEnd(token: TokenType, from: number): number {
    if (token === TokenType.NUMBER) return from + this.#numberLength;
    if (token !== TokenType.STRING) return from + (token === TokenType.FALSE ? 5 : 4);
    const text = this.#text;
    let at = from + 1;
    while (text[at] !== quote) at += text[at] === backslash ? 2 : 1;
    return at + 1;
  }

  #need(holds: boolean, offset: number): void {
    if (!holds) throw new JsonError(`The text is malformed at byte ${offset}`);
  }
}

/** Strings up to this length are assembled without a piece for each character. */
const stringBufferBytes = 64 << 10;
