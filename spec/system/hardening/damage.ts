/**
 * Input as it should be, damaged: what disks, networks, older versions and people make of it. For
 * fast-check, which shrinks what fails.
 */
import fc from 'fast-check';
import {ConfigError, ZohoError} from '../../../lib/errors/errors.ts';

/** One thing done to bytes; `at` and `length` are shares of their length. */
interface Damage {
  readonly kind: 'flip' | 'set' | 'delete' | 'insert' | 'repeat' | 'move' | 'cut' | 'extreme';
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

const share = fc.integer({min: 0, max: 9_999}).map((part) => part / 10_000);
const extremes = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

const one: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'delete', 'insert', 'repeat', 'move', 'cut', 'extreme'),
  at: share,
  length: share.map((part) => part ** 4),
  bytes: fc.uint8Array({minLength: 1, maxLength: 6}),
});

/** Up to three damages, to be done to any bytes; none of them now and then. */
export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(one, {maxLength: 3});

export function damaged(bytes: Uint8Array, done: readonly Damage[]): Buffer {
  return done.reduce<Buffer>((before, damage) => damagedBy(before, damage), Buffer.from(bytes));
}

function damagedBy(before: Buffer, {kind, at: place, length, bytes: other}: Damage): Buffer {
  const at = Math.floor(place * before.length);
  const to = Math.min(before.length, at + 1 + Math.floor(length * before.length));
  const changed = Buffer.from(before);
  switch (kind) {
    case 'flip':
      if (at < changed.length) changed[at]! ^= 1 << (other[0]! & 7);
      return changed;
    case 'set':
      changed.set(other.subarray(0, changed.length - at), at);
      return changed;
    case 'extreme':
      if (at + 4 <= changed.length) changed.writeUInt32LE(extremes[other[0]! % extremes.length]!, at);
      return changed;
    case 'delete':
      return Buffer.concat([before.subarray(0, at), before.subarray(to)]);
    case 'insert':
      return Buffer.concat([before.subarray(0, at), other, before.subarray(at)]);
    case 'repeat':
      return Buffer.concat([before.subarray(0, to), before.subarray(at)]);
    case 'move':
      return Buffer.concat([before.subarray(at, to), before.subarray(0, at), before.subarray(to)]);
    case 'cut':
      return changed.subarray(0, at);
  }
}

/**
 * Texts that trip readers: halves of characters, control characters, names of objects' own members,
 * long ones, dates that are none.
 */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\r\n',
    '\ud800',
    '../../..',
    '__proto__',
    'constructor',
    'toString',
    "'",
    '%',
    '1e999',
    '-1',
    'NaN',
  ),
  fc.constantFrom(
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '7',
    'May',
  ),
  fc.constant('x'.repeat(70_000)),
  fc.string({unit: 'binary', maxLength: 20}),
);

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [null], {__proto__: null}),
  fc.jsonValue({maxDepth: 2}),
);

/** A JSON value with some of its parts replaced, left out or added. */
export function misshapen(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .array(fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'add'), oddText, oddValue), {maxLength: 3})
    .map((changes) =>
      changes.reduce((before, [which, how, name, other]) => {
        const copy = structuredClone(before);
        const parts = partsOf(copy);
        const part = parts[which % Math.max(1, parts.length)];
        if (part === undefined) return other;
        const {holder, key} = part;
        if (how === 'remove') Reflect.deleteProperty(holder, key);
        else
          Object.defineProperty(holder, how === 'add' ? name : key, {
            value: other,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        // As it would come: through JSON text.
        return JSON.parse(JSON.stringify(copy)) as unknown;
      }, value),
    );
}

function partsOf(value: unknown): {holder: object; key: string}[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{holder: value, key}, ...partsOf(inner)]);
}

/**
 * What comes of reading: a value, or the message of one of the two errors that the connector
 * defines. Others are thrown.
 */
export async function defined<T>(read: () => T | Promise<T>): Promise<{value: T} | {error: ConfigError | ZohoError}> {
  try {
    return {value: await read()};
  } catch (error) {
    if (error instanceof ConfigError || error instanceof ZohoError) return {error};
    throw error;
  }
}
