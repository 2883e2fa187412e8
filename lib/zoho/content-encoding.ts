/**
 * Bodies that arrive compressed although nobody asked, as a gateway may do. Knows nothing of Zoho.
 */
import type {Transform} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress} from 'node:zlib';
import {encodingsMax} from './limits.ts';

/** The body cannot be decompressed: it is malformed, or it ends early. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  /** Whether the data are valid as far as they go. */
  readonly isShort: boolean;

  constructor(message: string, isShort: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isShort = isShort;
  }
}

/** The encodings in `Content-Encoding`, in the order in which they were applied. */
export function encodingsOf(header: string | undefined): string[] {
  return (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
}

/**
 * Yields the body without the encodings in its header. The first bytes overrule the header: a body
 * that begins as gzip or zstd is decompressed even without a header, and one that is mislabelled
 * passes unchanged. Neither JSON nor a ZIP begins that way.
 *
 * Throws `EncodingError` for an unknown encoding, for malformed data, and when the compressed data
 * end early. Failures of the body pass through. Memory does not depend on the size of the content,
 * which the reader bounds.
 */
export async function* decoded(
  body: AsyncIterable<Uint8Array>,
  encodings: readonly string[],
): AsyncGenerator<Uint8Array, void, void> {
  if (encodings.length > encodingsMax) throw new EncodingError(`it is compressed ${encodings.length} times over`, false);
  const {head, replayed} = await begun(body);
  const named = encodings.at(-1);
  const format = formatOf(head, named);
  // The content may be compressed again, as the header says.
  const rest = encodings.slice(0, -1);
  if (format === undefined) {
    if (rest.length > 0) yield* decoded(replayed, rest);
    else yield* replayed;
    return;
  }
  const content = decompressed(replayed, format, head);
  if (rest.length > 0) yield* decoded(content, rest);
  else yield* content;
}

type Format = 'gzip' | 'zstd' | 'br' | 'deflate';

const headBytes = 4;
const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The format of a body; undefined when it is not compressed. */
function formatOf(head: Uint8Array, named: string | undefined): Format | undefined {
  if (beginsWith(head, gzipMagic)) return 'gzip';
  if (beginsWith(head, zstdMagic)) return 'zstd';
  if (head.length === 0 || named === undefined) return undefined;
  if (named === 'br' || named === 'deflate') return named;
  if (named === 'gzip' || named === 'x-gzip' || named === 'zstd') return undefined;
  throw new EncodingError(
    `it is compressed in a way that was not asked for (${named.replace(/[^\w.-]/g, ' ').slice(0, 40)})`,
    false,
  );
}

function decoderOf(format: Format, head: Uint8Array): Transform {
  if (format === 'gzip') return createGunzip();
  if (format === 'zstd') return createZstdDecompress();
  if (format === 'br') return createBrotliDecompress();
  return isZlib(head) ? createInflate() : createInflateRaw();
}

/** `deflate` means the zlib format (RFC 9110 8.4.1.2); some servers send bare Deflate. */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

async function* decompressed(
  body: AsyncIterable<Uint8Array>,
  format: Format,
  head: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = decoderOf(format, head);
  let failure: {readonly error: unknown} | undefined;
  const feeding = pipeline(
    notingFailure(body, (error) => (failure = {error})),
    decoder,
  );
  // The reader below receives every failure.
  feeding.catch(() => {});
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    throw new EncodingError(
      isEarlyEnd(error) ? `its ${format} data end early` : `its ${format} data are malformed`,
      isEarlyEnd(error),
      {cause: error},
    );
  }
}

async function* notingFailure(
  body: AsyncIterable<Uint8Array>,
  note: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } catch (error) {
    note(error);
    throw error;
  }
}

function isEarlyEnd(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
}

/** Reads enough of a body to recognise its format, and returns all of it again. */
async function begun(body: AsyncIterable<Uint8Array>): Promise<{head: Uint8Array; replayed: AsyncIterable<Uint8Array>}> {
  const pieces = body[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < headBytes) {
    const {done, value} = await pieces.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  async function* replayed(): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* first.splice(0);
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
    } finally {
      await pieces.return?.();
    }
  }
  return {head: Buffer.concat(first), replayed: replayed()};
}

function beginsWith(head: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, i) => head[i] === byte);
}
