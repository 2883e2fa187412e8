/** The CSV file inside a ZIP archive, as Bulk Read delivers it (zoho-api sheet 4.4). */
import type {UnzipDecoder} from 'fflate';
import {ZohoError} from '../errors/errors.ts';
import {csvBytesMax, deflatedPieceBytes} from '../limits.ts';
import {ByteInput} from './zip/byte-input.ts';
import {inflate} from './zip/inflate.ts';
import {Meter} from './zip/meter.ts';
import {untilDescriptor} from './zip/stored.ts';
import * as zip from './zip/zip-format.ts';

export interface UnzipOptions {
  /** Inflated bytes beyond which the archive is rejected. */
  readonly bytesMax?: number;
}

/**
 * Yields the content of the archive's only entry, a `.csv` file, as it arrives.
 *
 * The content is verified only when the generator ends: checksum and sizes then agree wherever the
 * archive states them, there was no other entry, and the archive is complete. A caller that must
 * not use damaged data holds back the last part until then. Otherwise the generator throws a
 * `ZohoError` of kind `short` when the input ended early, `damaged` when the archive cannot be what
 * was sent, and `module` when it is valid but of an unsupported kind. Failures of the source pass
 * through. The source is closed in any case.
 */
export async function* unzip(
  source: AsyncIterable<Uint8Array>,
  options: UnzipOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const pieces = source[Symbol.asyncIterator]();
  try {
    const input = new ByteInput(pieces);
    const record = await entryRecord(input);
    const obstacle = zip.unsupported(record);
    if (obstacle !== undefined) throw await unsupported(input, record, obstacle);
    const entry = zip.localEntry(record);
    const meter = new Meter(options.bytesMax ?? csvBytesMax);
    for await (const block of content(input, record, entry, meter)) {
      meter.add(block);
      yield block;
    }
    await checkEntry(input, entry, meter.measure);
    await checkDirectory(input, meter.measure);
    await checkEnd(input);
  } finally {
    await pieces.return?.();
  }
}

/** The local record of the first entry. An archive of one entry begins with it. */
async function entryRecord(input: ByteInput): Promise<Uint8Array> {
  const start = await input.take(4);
  if (!entryStart.subarray(0, start.length).equals(start)) {
    throw zip.damaged(
      start.length === 4 && zip.signatureOf(start) === zip.endSignature ? 'it has no entry' : 'it is not a ZIP archive',
    );
  }
  input.putBack(start);
  return record(input, zip.entryBytes, zip.entryLength);
}

const entryStart = Buffer.from('PK\x03\x04');

/**
 * The error for an unsupported entry. If the archive's directory disagrees, the record was damaged
 * in transit, and a retry helps.
 */
async function unsupported(input: ByteInput, record: Uint8Array, obstacle: string): Promise<ZohoError> {
  let tail: Uint8Array = new Uint8Array(0);
  for (let piece = await input.some(deflatedPieceBytes); piece.length > 0; piece = await input.some(deflatedPieceBytes))
    tail = Buffer.concat([tail, piece]).subarray(-recordBytesMax);
  if (!zip.confirms(tail, record)) return zip.damaged(obstacle);
  return new ZohoError('module', `Cannot unzip the file: ${obstacle}; this connector does not read such files`);
}

async function* content(
  input: ByteInput,
  record: Uint8Array,
  entry: zip.LocalEntry,
  meter: Meter,
): AsyncGenerator<Uint8Array, void, void> {
  if (entry.described) {
    // Only the data show where they end. A search for the record after them would also find data
    // that look like one.
    const ended = entry.method === zip.deflated ? inflate : untilDescriptor;
    input.putBack(yield* ended((bytesMax) => input.some(bytesMax), meter.consumed));
    return;
  }
  const data = new ByteInput(sized(input, record, entry));
  if (entry.method === zip.deflated) {
    yield* inflate((bytesMax) => data.some(bytesMax), meter.consumed);
    return;
  }
  let bytes = 0;
  for (let piece = await data.some(deflatedPieceBytes); piece.length > 0; piece = await data.some(deflatedPieceBytes)) {
    meter.consumed((bytes += piece.length));
    yield piece;
  }
}

/** The compressed data of an entry of known size, extracted by fflate. */
async function* sized(
  input: ByteInput,
  record: Uint8Array,
  {method, measure}: zip.LocalEntry,
): AsyncGenerator<Uint8Array, void, void> {
  // Loaded when needed, because loading builds its tables.
  const {Unzip} = await import('fflate');
  const data: Uint8Array[] = [];
  const archive = new Unzip((file) => {
    file.ondata = () => {};
    file.start();
  });
  // fflate asks for a decoder; this one hands the data to zlib, which is faster and runs on another
  // thread.
  class HandOn implements UnzipDecoder {
    static readonly compression = method;
    ondata(): void {}
    push(piece: Uint8Array): void {
      data.push(piece);
    }
  }
  archive.register(HandOn);
  archive.push(record);
  for (let left = measure.compressed; left > 0; ) {
    const piece = await sound(input, Math.min(left, deflatedPieceBytes));
    left -= piece.length;
    archive.push(piece);
    yield* data.splice(0);
  }
}

/** Checks the entry's data against its own record, or the descriptor after it. */
async function checkEntry(input: ByteInput, {described, measure}: zip.LocalEntry, actual: zip.Measure): Promise<void> {
  if (!described) return agree(measure, actual);
  const bytes = await readExactly(input, zip.descriptorBytesMax + 4);
  const length = zip.descriptorLength(bytes, actual);
  if (length === undefined) throw zip.damaged('the checksum or size of its data does not match');
  input.putBack(bytes.subarray(length));
}

/** Checks that the central directory lists this entry and no other. */
async function checkDirectory(input: ByteInput, actual: zip.Measure): Promise<void> {
  const signature = await peekSignature(input);
  if (signature === zip.entrySignature) throw zip.damaged('it has more than one entry');
  if (signature !== zip.directorySignature) throw zip.damaged('its directory is missing');
  agree(zip.directoryMeasure(await record(input, zip.directoryBytes, zip.directoryLength)), actual);
}

/** Checks that the closing records exist, count one entry, and end the file. */
async function checkEnd(input: ByteInput): Promise<void> {
  let signature = await peekSignature(input);
  if (signature === zip.directorySignature) throw zip.damaged('it has more than one entry');
  let counted: number | undefined;
  if (signature === zip.end64Signature) {
    counted = zip.entriesCounted64(await record(input, zip.end64Bytes, zip.end64Length));
    signature = await peekSignature(input);
    if (signature !== zip.locator64Signature) throw zip.damaged('its end is damaged');
    await readExactly(input, zip.locator64Bytes);
    signature = await peekSignature(input);
  }
  if (signature !== zip.endSignature) throw zip.damaged('its end is damaged');
  const end = await record(input, zip.endBytes, zip.endLength);
  if ((zip.entriesCounted(end) ?? counted) !== 1) throw zip.damaged('it does not have exactly one entry');
  if ((await input.some(1)).length > 0) throw zip.damaged('something follows its end');
}

function agree(stated: zip.Measure, actual: zip.Measure): void {
  if (stated.crc === actual.crc && stated.compressed === actual.compressed && stated.inflated === actual.inflated) return;
  throw zip.damaged('the checksum or size of its data does not match');
}

async function peekSignature(input: ByteInput): Promise<number> {
  const bytes = await readExactly(input, 4);
  input.putBack(bytes);
  return zip.signatureOf(bytes);
}

/** A record whose fixed part states its length. */
async function record(input: ByteInput, fixedBytes: number, lengthOf: (fixed: Uint8Array) => number): Promise<Uint8Array> {
  const fixed = await readExactly(input, fixedBytes);
  input.putBack(fixed);
  const length = lengthOf(fixed);
  if (length < fixedBytes || length > recordBytesMax) throw zip.damaged('one of its records has an impossible length');
  return readExactly(input, length);
}

/**
 * A record is a fixed part and three texts of 64 KB at most; only a damaged ZIP64 end claims more.
 */
const recordBytesMax = 1 << 18;

async function readExactly(input: ByteInput, bytes: number): Promise<Uint8Array> {
  const taken = await input.take(bytes);
  if (taken.length < bytes) throw cutShort();
  return taken;
}

async function sound(input: ByteInput, bytesMax: number): Promise<Uint8Array> {
  const piece = await input.some(bytesMax);
  if (piece.length === 0) throw cutShort();
  return piece;
}

function cutShort(): ZohoError {
  return new ZohoError('short', 'Cannot unzip the file: it ends before the archive does');
}
