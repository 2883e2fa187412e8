/** A body that remembers how it went, whatever its reader makes of it. */
import {errorBytesMax} from '../limits.ts';
import {jsonOf} from '../platform/json.ts';
import {ErrorReply} from './attempt.ts';
import {hiddenApiError, saysNothing} from './schemas.ts';

/** A body on its way to a reader, which may throw something else than what went wrong with the body. */
export class BodyTap {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #begin: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  /** How the body itself failed. */
  failure: unknown;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of this.#body) {
        if (this.#size <= errorBytesMax) this.#begin.push(chunk);
        this.#size += chunk.length;
        yield chunk;
      }
      this.#ended = true;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Whether the body, sound as far as its reader went, is whole and says that there is nothing. */
  get isNothing(): boolean {
    if (this.failure !== undefined || this.#size > errorBytesMax) return false;
    const text = this.#text;
    return text.trim() === '' ? this.#ended : saysNothing(jsonOf(text), 'data');
  }

  /** The error that a short body reports under a status that says otherwise. */
  errorReply(): ErrorReply | undefined {
    if (this.#size > errorBytesMax) return undefined;
    const apiError = hiddenApiError(jsonOf(this.#text));
    return apiError && new ErrorReply(apiError);
  }

  get #text(): string {
    return Buffer.concat(this.#begin).toString();
  }
}
