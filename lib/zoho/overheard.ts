/** A body that remembers how it went, whatever its reader makes of it. */
import {errorBytesMax} from '../limits.ts';
import {Complained} from './caller.ts';
import {hiddenComplaint, jsonOf} from './schemas.ts';

/** A body on its way to a reader, which may throw something else than what went wrong with the body. */
export class Overheard {
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

  /** Whether the body was read to its end, and nothing was in it. */
  get isEmpty(): boolean {
    return this.#ended && this.#size <= errorBytesMax && Buffer.concat(this.#begin).toString().trim() === '';
  }

  /** What a short body complains of, with a status that says otherwise. */
  complaint(): Complained | undefined {
    if (this.#size > errorBytesMax) return undefined;
    const complaint = hiddenComplaint(jsonOf(Buffer.concat(this.#begin).toString()));
    return complaint && new Complained(complaint);
  }
}
