/** Documents as bytes: reading the two values that each begins with, and building tombstones. */

import {ZohoError} from '../errors/errors.ts';
import {instantSeconds, isId} from '../kernel/kernel.ts';
import {type DocBlock, shapeRoomBytes} from './batch.ts';

/** The text before the id, and before the time as a string, in every document. */
export const beforeId = '{"id":';
export const beforeModified = ',"Modified_Time":';

const quote = 0x22;
const digitsOfHalf = 9;

/** The record's id, exactly. */
export function idOf({bytes, ranges}: DocBlock, i: number): bigint {
  const from = ranges[2 * i]! + beforeId.length;
  const to = idEnd(bytes, from);
  // Two numbers that a double holds exactly: a BigInt per digit would cost far more.
  const middle = Math.max(from, to - digitsOfHalf);
  return BigInt(integer(bytes, from, middle)) * 1_000_000_000n + BigInt(integer(bytes, middle, to));
}

/** The record's `Modified_Time`, or a tombstone's time of deletion, as received. */
export function modifiedOf({bytes, ranges}: DocBlock, i: number): string {
  const from = idEnd(bytes, ranges[2 * i]! + beforeId.length) + beforeModified.length + 1;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, bytes.indexOf(quote, from));
}

/** The bytes of a document. */
export function contentOf({bytes, ranges}: DocBlock, i: number): Uint8Array {
  return bytes.subarray(ranges[2 * i]!, ranges[2 * i + 1]!);
}

/** A deletion: which record, and when (RFC 3339 with offset). */
export interface Deletion {
  readonly id: string;
  readonly deletedTime: string;
}

/**
 * Complete documents that delete records (design 3). Throws kind `damaged` for an invalid id or
 * time.
 */
export function tombstones(deletions: readonly Deletion[]): DocBlock {
  return docsOf(deletions.map(({id, deletedTime}) => tombstone(id, deletedTime)));
}

/**
 * Documents that delete a snapshot's rows numbered `from` up to, but not including, `to` (design
 * 5.7).
 */
export function rowTombstones(from: number, to: number): DocBlock {
  return docsOf(Array.from({length: to - from}, (_, i) => `{"_meta":{"op":"d","row_id":${from + i}}}`));
}

function docsOf(documents: readonly string[]): DocBlock {
  const texts = documents.map((document) => Buffer.from(document));
  const bytes = Buffer.concat([...texts, Buffer.alloc(shapeRoomBytes)]);
  const ranges = new Int32Array(2 * texts.length);
  let at = 0;
  for (const [i, text] of texts.entries()) {
    ranges[2 * i] = at;
    ranges[2 * i + 1] = at += text.length;
  }
  return {bytes, ranges, count: texts.length};
}

/** The document that deletes one record. */
export function tombstone(id: string, deletedTime: string): string {
  if (!isId(id)) throw new ZohoError('damaged', 'Cannot delete a record: its id is not a number of 1 to 19 digits');
  if (Number.isNaN(instantSeconds(deletedTime))) {
    throw new ZohoError('damaged', `Cannot delete record ${id}: its deleted_time is not a date and time with offset`);
  }
  return `{"id":${id},"Modified_Time":"${deletedTime}","_meta":{"op":"d"}}`;
}

function idEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  return at;
}

function integer(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at]! - 0x30;
  return value;
}
