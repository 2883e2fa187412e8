/** Stored data whose size only the record after them states. */
import {crc32} from 'node:zlib';
import {deflatedPieceBytes} from '../../limits.ts';
import type {Pull} from './inflate.ts';
import * as zip from './zip-format.ts';

/** The longest descriptor, and an incomplete signature of a record. */
const heldBytes = zip.descriptorBytesMax + 3;
const recordStart = Buffer.from('PK');

/**
 * Yields stored data up to their descriptor; returns what was pulled from there on. The data may
 * hold anything, even archives, so they end only where a descriptor states their checksum and size
 * and another record follows. Memory holds one piece and the length of a descriptor.
 *
 * An input that ends early gives what there was, without an error. If it ends as an archive does,
 * the descriptor is wrong, which is an error of kind `damaged`.
 */
export async function* untilDescriptor(
  pull: Pull,
  consumed: (bytes: number) => void,
): AsyncGenerator<Uint8Array, Uint8Array, void> {
  let held: Uint8Array = new Uint8Array(0);
  let passed: zip.Measure = {crc: 0, compressed: 0, inflated: 0};
  const pass = (data: Uint8Array): Uint8Array => {
    passed = measured(passed, data);
    consumed(passed.compressed);
    return data;
  };
  for (let piece = await pull(deflatedPieceBytes); piece.length > 0; piece = await pull(deflatedPieceBytes)) {
    const bytes = Buffer.concat([held, piece]);
    const end = dataEnd(bytes, Math.max(0, held.length - 3), passed);
    if (end !== undefined) {
      if (end > 0) yield pass(bytes.subarray(0, end));
      return bytes.subarray(end);
    }
    const free = Math.max(0, bytes.length - heldBytes);
    if (free > 0) yield pass(bytes.subarray(0, free));
    held = bytes.subarray(free);
  }
  if (zip.endsArchive(held)) throw zip.damaged('the checksum or size of its data does not match');
  return held;
}

/** Where the data end, if a record at or after `from` shows it. */
function dataEnd(bytes: Buffer, from: number, passed: zip.Measure): number | undefined {
  for (let at = bytes.indexOf(recordStart, from); at >= 0; at = bytes.indexOf(recordStart, at + 1)) {
    for (const length of zip.descriptorLengths) {
      const end = at - length;
      if (end < 0 || !zip.mayDescribe(bytes.subarray(end, at), passed.compressed + end)) continue;
      if (zip.descriptorLength(bytes.subarray(end), measured(passed, bytes.subarray(0, end))) === length) return end;
    }
  }
  return undefined;
}

function measured({crc, compressed}: zip.Measure, data: Uint8Array): zip.Measure {
  const size = compressed + data.length;
  return {crc: crc32(data, crc), compressed: size, inflated: size};
}
