/** Bytes as lines of text, which frame the requests on stdin (flow-protocol sheet 1.2). */
import {ConfigError} from '../errors/errors.ts';
import {requestBytesMax} from '../limits.ts';

const newline = 0x0a;

/**
 * Yields each line without its end, however the bytes are chunked, and skips blank ones. Bytes
 * after the last newline count as a line. It reads no further than the chunk that completes the
 * line.
 *
 * @throws ConfigError for a line that is not UTF-8 or has more than `bytesMax` bytes.
 */
export async function* lines(input: AsyncIterable<Uint8Array>, bytesMax = requestBytesMax): AsyncGenerator<string, void, void> {
  const utf8 = new TextDecoder('utf-8', {fatal: true});
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > bytesMax) throw new ConfigError(`Cannot read request ${number}: its line has more than ${bytesMax} bytes`);
    parts.push(part);
  };
  const line = () => {
    const bytes = Buffer.concat(parts, length);
    parts = [];
    length = 0;
    try {
      return utf8.decode(bytes).trim();
    } catch (error) {
      throw new ConfigError(`Cannot read request ${number}: its line is not UTF-8`, {cause: error});
    }
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, end));
      from = end + 1;
      const text = line();
      if (text === '') continue;
      yield text;
      number++;
    }
    take(chunk.subarray(from));
  }
  const text = line();
  if (text !== '') yield text;
}
