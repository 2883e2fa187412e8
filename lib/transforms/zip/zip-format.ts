/**
 * The records of a ZIP archive (APPNOTE.TXT 4.3), parsed from bytes. Pure. An impossible record is
 * an error of kind `damaged`.
 */
import {ZohoError} from '../../errors/errors.ts';

export const entrySignature = 0x0403_4b50;
export const descriptorSignature = 0x0807_4b50;
export const directorySignature = 0x0201_4b50;
export const endSignature = 0x0605_4b50;
export const end64Signature = 0x0606_4b50;
export const locator64Signature = 0x0706_4b50;

/** Lengths of the fixed part of each record. */
export const entryBytes = 30;
export const directoryBytes = 46;
export const endBytes = 22;
export const end64Bytes = 56;
export const locator64Bytes = 20;
/** The longest data descriptor: a signature, a checksum and two sizes of 8 bytes. */
export const descriptorBytesMax = 24;

export const stored = 0;
export const deflated = 8;

/** A 32-bit field with this value stands for a 64-bit one in the ZIP64 extra field. */
const in64 = 0xffff_ffff;

/** Checksum and sizes of an entry. */
export interface Measure {
  readonly crc: number;
  readonly compressed: number;
  readonly inflated: number;
}

export interface LocalEntry {
  readonly method: typeof stored | typeof deflated;
  /** Checksum and sizes follow the data (flag bit 3), and what stands here does not count. */
  readonly described: boolean;
  readonly measure: Measure;
}

/** The length of a local or a directory record, from its fixed part. */
export function entryLength(fixed: Uint8Array): number {
  const view = viewOf(fixed);
  return entryBytes + view.getUint16(26, true) + view.getUint16(28, true);
}

export function directoryLength(fixed: Uint8Array): number {
  const view = viewOf(fixed);
  return directoryBytes + view.getUint16(28, true) + view.getUint16(30, true) + view.getUint16(32, true);
}

/** Why a possibly valid entry cannot be read, by its local record; undefined when it can. */
export function unsupported(record: Uint8Array): string | undefined {
  const view = viewOf(record);
  const method = view.getUint16(8, true);
  if ((view.getUint16(6, true) & 0x41) !== 0) return 'its entry is encrypted';
  if (method !== stored && method !== deflated) return `its entry is compressed by method ${method}, which is not Deflate`;
  return undefined;
}

/**
 * Whether the directory record at the end of an archive of one entry confirms flags and method of
 * the local record.
 */
export function confirms(tail: Uint8Array, record: Uint8Array): boolean {
  const at = Buffer.from(tail.buffer, tail.byteOffset, tail.length).lastIndexOf('PK\x01\x02');
  return at >= 0 && Buffer.compare(tail.subarray(at + 8, at + 12), record.subarray(6, 10)) === 0;
}

/** Parses a whole local record that is not `unsupported`. Rejects an entry that is not CSV. */
export function localEntry(record: Uint8Array): LocalEntry {
  const view = viewOf(record);
  const flags = view.getUint16(6, true);
  const method = record[8] === stored ? stored : deflated;
  const nameLength = view.getUint16(26, true);
  const name = Buffer.from(record.subarray(entryBytes, entryBytes + nameLength)).toString('latin1');
  if (!name.toLowerCase().endsWith('.csv')) throw damaged('its entry is not a .csv file');
  const described = (flags & 8) !== 0;
  if (described) return {method, described, measure: {crc: 0, compressed: 0, inflated: 0}};
  const extra = viewOf(record.subarray(entryBytes + nameLength));
  return {
    method,
    described,
    measure: {crc: view.getUint32(14, true), ...sizes(view.getUint32(18, true), view.getUint32(22, true), extra)},
  };
}

/** Checksum and sizes from a whole directory record. */
export function directoryMeasure(record: Uint8Array): Measure {
  const view = viewOf(record);
  const nameLength = view.getUint16(28, true);
  const extra = viewOf(record.subarray(directoryBytes + nameLength, directoryBytes + nameLength + view.getUint16(30, true)));
  return {crc: view.getUint32(16, true), ...sizes(view.getUint32(20, true), view.getUint32(24, true), extra)};
}

/**
 * Length of the data descriptor at the start of `bytes` that states this measure; undefined when
 * there is none. Writers may leave out its signature and may use 8-byte sizes without other signs
 * of ZIP64, so a form counts only if another record follows it.
 */
export function descriptorLength(bytes: Uint8Array, measure: Measure): number | undefined {
  const view = viewOf(bytes);
  for (const signed of [4, 0]) {
    if (signed > 0 && view.getUint32(0, true) !== descriptorSignature) continue;
    for (const wide of [4, 8]) {
      const length = signed + 4 + 2 * wide;
      if (bytes.length < length + 4) continue;
      const matches =
        view.getUint32(signed, true) === measure.crc &&
        sizeAt(view, signed + 4, wide) === measure.compressed &&
        sizeAt(view, signed + 4 + wide, wide) === measure.inflated;
      if (matches && isRecord(view.getUint32(length, true))) return length;
    }
  }
  return undefined;
}

/**
 * Possible lengths of a data descriptor: with sizes of 4 or 8 bytes, without or with a signature.
 */
export const descriptorLengths: readonly number[] = [12, 16, 20, 24];

/**
 * A quick check, before computing the checksum, whether bytes can be the descriptor of stored data
 * of this size.
 */
export function mayDescribe(bytes: Uint8Array, size: number): boolean {
  const width = bytes.length < 20 ? 4 : 8;
  const view = viewOf(bytes);
  return sizeAt(view, bytes.length - width, width) === size && sizeAt(view, bytes.length - 2 * width, width) === size;
}

/** Whether bytes end like an archive without a comment. */
export function endsArchive(bytes: Uint8Array): boolean {
  return bytes.length >= endBytes && signatureOf(bytes.subarray(bytes.length - endBytes)) === endSignature;
}

/**
 * Number of entries, from the fixed part of the end record; undefined when the ZIP64 end record has
 * it.
 */
export function entriesCounted(end: Uint8Array): number | undefined {
  const count = viewOf(end).getUint16(10, true);
  return count === 0xffff ? undefined : count;
}

export function entriesCounted64(end64: Uint8Array): number {
  return big(viewOf(end64), 32);
}

/**
 * Length of the ZIP64 end record, from its fixed part. It states how many bytes follow the first
 * twelve.
 */
export function end64Length(end64: Uint8Array): number {
  return 12 + big(viewOf(end64), 4);
}

/** Length of the end record with its comment, from its fixed part. */
export function endLength(end: Uint8Array): number {
  return endBytes + viewOf(end).getUint16(20, true);
}

export function signatureOf(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(0, true);
}

export function damaged(why: string): ZohoError {
  return new ZohoError('damaged', `Cannot unzip the file: ${why}`);
}

function isRecord(signature: number): boolean {
  return signature === directorySignature || signature === entrySignature;
}

/**
 * Sizes of 32 bits, or of 64 bits from the ZIP64 extra field (id 1), which has the inflated size
 * first.
 */
function sizes(compressed: number, inflated: number, extra: DataView): {compressed: number; inflated: number} {
  if (compressed !== in64 && inflated !== in64) return {compressed, inflated};
  // Equivalent mutants (EqualityOperator): a field without content has no sizes
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const length = extra.getUint16(at + 2, true);
    const wanted = (inflated === in64 ? 8 : 0) + (compressed === in64 ? 8 : 0);
    if (length < wanted || at + 4 + length > extra.byteLength) break;
    const first = at + 4;
    return {
      inflated: inflated === in64 ? big(extra, first) : inflated,
      compressed: compressed === in64 ? big(extra, first + (inflated === in64 ? 8 : 0)) : compressed,
    };
  }
  throw damaged('its ZIP64 sizes are missing');
}

function sizeAt(view: DataView, at: number, width: number): number {
  return width === 4 ? view.getUint32(at, true) : big(view, at);
}

/** A 64-bit number. Beyond 2^53 it rounds, but no real size is that large. */
function big(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
