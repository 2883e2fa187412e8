/** Distinguishes failures of the output, which concern every binding, from all others. */
import type {Sink, Target, Transaction} from '../sinks/sink.ts';

/** Passes everything on, and remembers the sink's failures. */
export class WatchedSink implements Sink {
  readonly #sink: Sink;
  readonly #failures = new WeakSet<Error>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /**
   * Whether an error is the sink's own, or was thrown while its documents were admitted or dropped.
   */
  failedWith(error: Error): boolean {
    return this.#failures.has(error);
  }

  write(piece: Transaction): Promise<number> {
    return this.#watch(() => this.#sink.write(piece));
  }

  describe(target: Target, schema: object): Promise<void> {
    return this.#watch(() => this.#sink.describe(target, schema));
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  async #watch<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Error) this.#failures.add(error);
      throw error;
    }
  }
}
