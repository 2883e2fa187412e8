/**
 * JSON text as a walk over its values while it arrives. Numbers keep their digits, and nothing that
 * was passed stays in memory.
 */
import {setImmediate} from 'node:timers/promises';
import {type ParsedTokenInfo, Tokenizer, TokenizerError, TokenType} from '@streamparser/json';
import {jsonDepthMax, jsonSliceBytes, jsonTokenBytesMax} from '../../limits.ts';
import {validUtf8} from '../utf8.ts';

/**
 * Receives the values of a JSON text in order. `key` is the member's name inside an object,
 * otherwise undefined.
 */
export interface JsonVisitor {
  /** The content of a string, or a number, `true`, `false` or `null` as in the text. */
  scalar(type: TokenType, text: string, key: string | undefined): void;
  open(isArray: boolean, key: string | undefined): void;
  close(): void;
  /** The previous string held bytes that are not UTF-8, and has U+FFFD in their place. */
  replaced(): void;
}

/**
 * Text that is not JSON. The message completes "cannot read it: ...", and says where, never what is
 * there.
 */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** What may come next. */
type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';

/**
 * Walks a JSON text (with or without byte order mark) as its pieces arrive, and yields to other
 * work in between. Returns false when `isEnough` ended it between two pieces; the rest is not read.
 * Throws `JsonError` for text that is malformed, cut or absurdly deep, and for a value of more than
 * about `tokenBytesMax` bytes. What the pieces or the visitor throw passes through.
 */
export async function walkJson(
  pieces: AsyncIterable<Uint8Array>,
  visitor: JsonVisitor,
  isEnough: () => boolean,
  tokenBytesMax: number = jsonTokenBytesMax,
): Promise<boolean> {
  const walk = new Walk(visitor, tokenBytesMax);
  let walked = 0;
  for await (const piece of validUtf8(pieces, (place) => walk.replacedAt(place))) {
    for (let at = 0; at < piece.length; at += jsonSliceBytes) {
      if (isEnough()) return false;
      if (walked >= jsonSliceBytes) {
        walked = 0;
        await setImmediate();
      }
      const slice = piece.subarray(at, at + jsonSliceBytes);
      walk.write(slice);
      walked += slice.length;
    }
  }
  walk.end();
  return true;
}

/** Reads tokens with @streamparser/json, checks their order and tracks the depth. */
class Walk extends Tokenizer {
  readonly #visitor: JsonVisitor;
  readonly #tokenBytesMax: number;
  /** For each open structure, whether it is an array. */
  readonly #open: boolean[] = [];
  #expected: Expected = 'value';
  #key: string | undefined;
  /** Where U+FFFD was inserted in strings that no token has followed yet. */
  readonly #places: number[] = [];
  /** Whether the last string is a value. */
  #isValue: boolean | undefined;
  /** Bytes since the last token, to reject absurdly long ones. */
  #pending = 0;

  constructor(visitor: JsonVisitor, tokenBytesMax: number) {
    // Equivalent mutants (ObjectLiteral): a buffer saves time and changes no string
    super({stringBufferSize: stringBufferBytes});
    this.#visitor = visitor;
    this.#tokenBytesMax = tokenBytesMax;
    // The library's own decoder drops a U+FEFF at the start of a text.
    Object.assign(Reflect.get(this, 'bufferedString'), {decoder: new TextDecoder('utf-8', {ignoreBOM: true})});
  }

  /** Announces an inserted U+FFFD before it arrives. */
  replacedAt(place: number): void {
    this.#places.push(place);
  }

  override write(piece: Uint8Array): void {
    this.#pending += piece.length;
    super.write(piece);
    if (this.#pending > this.#tokenBytesMax)
      throw new JsonError(`the text has a value of more than ${this.#tokenBytesMax} bytes`);
  }

  override onToken({token, value, offset}: ParsedTokenInfo): void {
    this.#pending = 0;
    // Equivalent mutants (ConditionalExpression,EqualityOperator): it only saves time
    if (this.#places.length > 0) this.#passPlaces(offset);
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
          this.#isValue = false;
          this.#expected = 'colon';
        } else {
          this.#need(expected === 'value' || expected === 'valueOrEnd', offset);
          this.#isValue = true;
          this.#visitor.scalar(token, String(value), this.#takeKey());
          this.#expected = this.#afterValue;
        }
    }
  }

  override end(): void {
    super.end();
    if (this.#expected !== 'nothing') throw new JsonError('the text ends before its last value does');
  }

  override onError(error: Error): void {
    // The tokenizer's messages quote the text, which may be a customer's.
    throw error instanceof TokenizerError ? new JsonError('the text is malformed') : error;
  }

  /** Numbers stay text, which the tokenizer passes on as it is. */
  protected override parseNumber(digits: string): number {
    return digits as unknown as number;
  }

  get #inArray(): boolean {
    return this.#open[this.#open.length - 1] === true;
  }

  get #afterValue(): Expected {
    return this.#open.length === 0 ? 'nothing' : 'commaOrEnd';
  }

  /**
   * Insertions before a token belong to the string before it: such characters are allowed nowhere
   * else.
   */
  #passPlaces(offset: number): void {
    let passed = 0;
    // Equivalent mutants (EqualityOperator): no token begins inside a string
    while (this.#places[passed]! < offset) passed++;
    if (passed === 0) return;
    if (this.#isValue) this.#visitor.replaced();
    this.#places.splice(0, passed);
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

  #need(holds: boolean, offset: number): void {
    if (!holds) throw new JsonError(`the text is malformed at byte ${offset}`);
  }
}

/** Strings up to this length are assembled without a piece for each character. */
const stringBufferBytes = 64 << 10;
