/** Turns typed values into merge documents: adds what Flow needs to know about the operation. */
import type {Batch, DocBlock} from '../records/batch.ts';

/**
 * The end of a record's document. Records are upserted, never deleted, so a restored record appears
 * again.
 */
const upsert = Buffer.from(',"_meta":{"op":"u"}}');

/**
 * Completes documents in place, in the `shapeRoomBytes` that `coerce` left after each. The result
 * shares the memory of the documents passed in.
 */
export function shapeDocs(docs: DocBlock): DocBlock {
  const ranges = docs.ranges.slice();
  for (let i = 0; i < docs.count; i++) {
    const end = ranges[2 * i + 1]!;
    docs.bytes.set(upsert, end);
    ranges[2 * i + 1] = end + upsert.length;
  }
  return {...docs, ranges};
}

/** Completes the documents of each batch. Order, batch size and checkpoints pass through. */
export class ShapeStream extends TransformStream<Batch<DocBlock>, Batch<DocBlock>> {
  constructor() {
    super({
      transform(batch, controller) {
        controller.enqueue({...batch, items: shapeDocs(batch.items)});
      },
    });
  }
}
