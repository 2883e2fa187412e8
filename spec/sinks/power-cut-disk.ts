/**
 * A disk in memory that loses power: unsynced bytes survive in part, completely, or as garbage, at
 * random.
 */
import type {Disk, DiskFile} from '../../lib/sinks/files/disk.ts';

interface Content {
  bytes: Buffer;
  /** Length that survives for certain, and whether the name does. */
  synced: number;
  named: boolean;
}

export class PowerCutDisk implements Disk {
  /** Operations until the power fails. After that nothing completes. */
  operationsLeft = Number.POSITIVE_INFINITY;
  /** Thrown by the next writes if set. */
  fault: Error | undefined;
  #files = new Map<string, Content>();

  /** The disk after power returns. `random` returns numbers in [0, 1). */
  afterPowerCut(random: () => number): PowerCutDisk {
    const next = new PowerCutDisk();
    for (const [name, {bytes, synced, named}] of this.#files) {
      if (!named && random() < 0.5) continue;
      const survived = synced + Math.floor(random() * (bytes.length - synced + 1));
      const kept = Buffer.from(bytes.subarray(0, survived));
      if (random() < 0.3) kept.fill(0, synced + Math.floor(random() * (survived - synced)));
      next.#files.set(name, {bytes: kept, synced: kept.length, named: true});
    }
    return next;
  }

  bytes(name: string): Buffer | undefined {
    return this.#files.get(name)?.bytes;
  }

  text(name: string): string | undefined {
    return this.#files.get(name)?.bytes.toString();
  }

  /** Changes a file without its writer's knowledge. Without text it is removed. */
  tamper(name: string, text?: string): void {
    if (text === undefined) this.#files.delete(name);
    else this.#files.set(name, {bytes: Buffer.from(text), synced: Buffer.byteLength(text), named: true});
  }

  async kind(name: string): Promise<'none' | 'file' | 'other'> {
    return this.#files.has(name) ? 'file' : 'none';
  }

  async open(name: string): Promise<DiskFile> {
    await this.#step();
    if (!this.#files.has(name)) this.#files.set(name, {bytes: Buffer.alloc(0), synced: 0, named: false});
    const content = this.#files.get(name)!;
    return {
      size: async () => content.bytes.length,
      read: async (into, at) => content.bytes.copy(into, 0, at),
      write: async (bytes, at) => {
        const length = Math.max(content.bytes.length, at + bytes.length);
        const half = Buffer.concat([content.bytes.subarray(0, at), bytes.subarray(0, bytes.length >> 1)], length);
        content.bytes = half;
        await this.#step();
        if (this.fault) throw this.fault;
        content.bytes = Buffer.concat([content.bytes.subarray(0, at), bytes], length);
      },
      cut: async (length) => {
        await this.#step();
        content.bytes = content.bytes.subarray(0, length);
        content.synced = Math.min(content.synced, length);
      },
      sync: async () => {
        const {length} = content.bytes;
        await this.#step();
        content.synced = length;
      },
      close: async () => {},
    };
  }

  async read(name: string): Promise<string | undefined> {
    return this.text(name);
  }

  async replace(name: string, text: string): Promise<void> {
    await this.#step();
    if (this.fault) throw this.fault;
    this.tamper(name, text);
    await this.#step();
  }

  async syncNames(): Promise<void> {
    await this.#step();
    for (const content of this.#files.values()) content.named = true;
  }

  async #step(): Promise<void> {
    if (this.operationsLeft-- <= 0) await new Promise(() => {});
  }
}
