import {Writable} from 'node:stream';

/** An output that reads lines as Flow would. A line that `take` rejects fails the stream. */
export function lineWriter(take: (line: string) => void): Writable {
  let rest = Buffer.alloc(0);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const block = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let from = 0;
      try {
        for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, from)) {
          take(block.toString('utf8', from, end));
          from = end + 1;
        }
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      rest = Buffer.from(block.subarray(from));
      done();
    },
  });
}
