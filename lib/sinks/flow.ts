/** The Flow runtime as a sink: `captured` lines and the `checkpoint` that closes them (flow-protocol sheet 2.6, 3.1). */
import type {Writable} from 'node:stream';
import {LineWriter} from './output-queue.ts';
import {frame} from './serialize.ts';
import type {Piece, Sink, Target} from './sink.ts';

/**
 * Writes protocol lines to `output`. Every piece is one whole sequence in one block: so no checkpoint of one binding covers documents of
 * another, and no sequence is larger than the batch it came from.
 */
export class FlowSink implements Sink {
  readonly #lines: LineWriter;
  readonly #before = new Map<number, Buffer>();

  constructor(output: Writable, signal?: AbortSignal) {
    this.#lines = new LineWriter(output, signal);
  }

  write(piece: Piece): Promise<number> {
    return this.#lines.write(() => {
      const before = this.#prefix(piece.target.index);
      const {count, ...lines} = frame(this.#lines.blocks, piece, before, capturedEnd, checkpointLine(piece.patch));
      return {...lines, result: count};
    });
  }

  async describe(target: Target, schema: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({sourcedSchema: {binding: target.index, documentSchema: schema}})}\n`);
    await this.#lines.write(() => ({bytes: Buffer.concat([line, checkpointLine(undefined)]), result: undefined}));
  }

  close(): Promise<void> {
    return this.#lines.flushed();
  }

  #prefix(index: number): Buffer {
    const known = this.#before.get(index);
    if (known) return known;
    const made = Buffer.from(`{"captured":{"binding":${index},"doc":`);
    this.#before.set(index, made);
    return made;
  }
}

const capturedEnd = Buffer.from('}}\n');

function checkpointLine(patch: Piece['patch']): Buffer {
  return Buffer.from(`${JSON.stringify({checkpoint: {state: {updated: patch ?? {}, mergePatch: true}}})}\n`);
}
