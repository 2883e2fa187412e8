/**
 * A contender's output in a form that can be compared: counts and hashes of its documents. Pure.
 */
import {createHash, type Hash} from 'node:crypto';

/** Digest of the documents of one run. */
export interface Digest {
  readonly count: number;
  /** Hash over the bytes of each binding's documents, in order. */
  readonly exact: string;
}

const lineFeed = 0x0a;
const capturedStart = Buffer.from('{"captured":{"binding":');
const documentStart = Buffer.from('"doc":');
const bareStart = Buffer.from('{"id":');

/**
 * Reads a contender's output block by block. Documents are `captured` lines of the protocol, or
 * bare JSON lines that begin with an id; other lines do not count. A line that is cut at the end of
 * a block waits for the rest.
 */
export class Digester {
  readonly #bindings = new Hashes();
  #left: Buffer = Buffer.alloc(0);
  #count = 0;

  add(block: Buffer): void {
    const bytes = this.#left.length === 0 ? block : Buffer.concat([this.#left, block]);
    let at = 0;
    // Consecutive lines of one binding are hashed together.
    let from = 0;
    let binding = '';
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, at)) {
      const owner = ownerOf(bytes, at);
      if (owner !== binding) {
        this.#hash(binding, bytes.subarray(from, at));
        from = at;
        binding = owner;
      }
      if (owner !== '') this.#count++;
      at = end + 1;
    }
    this.#hash(binding, bytes.subarray(from, at));
    this.#left = Buffer.from(bytes.subarray(at));
  }

  end(): Digest {
    if (this.#left.length > 0) throw new Error('Cannot compare the output: its last line has no end');
    return {count: this.#count, exact: this.#bindings.digest()};
  }

  #hash(binding: string, lines: Buffer): void {
    if (binding === '' || lines.length === 0) return;
    this.#bindings.of(binding).update(lines);
  }
}

/** One hash per binding, and a total that does not depend on their order. */
class Hashes {
  readonly #hashes = new Map<string, Hash>();

  of(binding: string): Hash {
    let hash = this.#hashes.get(binding);
    if (hash === undefined) this.#hashes.set(binding, (hash = createHash('sha256')));
    return hash;
  }

  digest(): string {
    const sorted = [...this.#hashes].sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update(sorted.map(([binding, hash]) => `${binding} ${hash.digest('hex')}`).join())
      .digest('hex');
  }
}

/** The binding of a line's document: 0 for a bare one, empty for a line without one. */
function ownerOf(bytes: Buffer, at: number): string {
  if (startsWith(bytes, at, capturedStart)) {
    const from = at + capturedStart.length;
    return bytes.toString('latin1', from, bytes.indexOf(0x2c, from));
  }
  return startsWith(bytes, at, bareStart) ? '0' : '';
}

function startsWith(bytes: Buffer, at: number, start: Buffer): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}

/**
 * Hash over the values of each binding's documents, in any spelling: `1.50` equals `1.5`, and the
 * order of properties does not matter. Ids keep all digits. Slow; for contenders whose bytes
 * differ.
 */
export function valuesDigest(output: Buffer): string {
  const bindings = new Hashes();
  for (let at = 0, end = output.indexOf(lineFeed); end >= 0; at = end + 1, end = output.indexOf(lineFeed, at)) {
    const binding = ownerOf(output, at);
    if (binding === '') continue;
    const bare = startsWith(output, at, bareStart);
    const from = bare ? at : output.indexOf(documentStart, at) + documentStart.length;
    const text = output.toString('utf8', from, bare ? end : end - 2);
    const values: Readonly<Record<string, unknown>> = JSON.parse(text.replace(/"id":(\d+)/, '"id":"$1"'));
    const sorted = Object.keys(values).sort();
    bindings.of(binding).update(JSON.stringify(sorted.map((name) => [name, values[name]])));
  }
  return bindings.digest();
}
