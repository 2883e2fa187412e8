/** A sink without an output, for captures of which only the calls count. */
import {patchOf, type Sink, type Transaction} from './sink.ts';

/** Decides over every document and builds every checkpoint, as any sink does, and discards both. */
export class DiscardSink implements Sink {
  async write(transaction: Transaction): Promise<number> {
    const {docs, admit} = transaction;
    let admitted = 0;
    if (docs !== undefined) for (let i = 0; i < docs.count; i++) if (admit === undefined || admit(docs, i)) admitted++;
    patchOf(transaction);
    return admitted;
  }

  async describe(): Promise<void> {}

  async close(): Promise<void> {}
}
