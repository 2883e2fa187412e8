/**
 * Local files as a sink: JSON lines for each collection, and a `state.json` that says how much of
 * them counts (design 8).
 */
import {promisify} from 'node:util';
import {crc32, gzip} from 'node:zlib';
import {ConfigError} from '../errors/errors.ts';
import {systemReason} from '../errors/system.ts';
import {mergePatch} from '../flow/state.ts';
import {commitBytes, commitDelayMs, uncommittedBytesMax} from '../limits.ts';
import {BufferPool} from '../platform/buffer-pool.ts';
import {gzipEnding} from './files/file-names.ts';
import {type Manifest, manifestName, manifestText, parseManifest, refuseOther} from './files/manifest.ts';
import {claim, type NdjsonOptions, type OutputFile, reopen} from './files/output-files.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Transaction} from './sink.ts';

/**
 * Opens the directory's files and truncates them to what was committed, so that a run continues
 * where the last one was, however it ended. The caller holds the directory's lock.
 *
 * @throws ConfigError when the directory holds another capture, a foreign file, or a file that was
 * changed since.
 */
export async function openNdjson(options: NdjsonOptions): Promise<NdjsonSink> {
  const {disk, folder, capture, initialState} = options;
  const text = await disk.read(manifestName);
  const kept = text === undefined ? undefined : parseManifest(text, folder);
  if (kept !== undefined) {
    refuseOther(kept, capture, folder);
    if (initialState !== undefined)
      throw new ConfigError(`Cannot start from another state in ${folder}: it already has one; choose another directory`);
  }
  const manifest = kept ?? {version: 1, capture: {...capture}, state: initialState ?? {}, files: {}};
  const files = await claim(manifest, options);
  const opened = new Map<string, OutputFile>();
  try {
    for (const [collection, file] of Object.entries(files)) opened.set(collection, await reopen(file, options));
    await disk.syncNames();
  } catch (error) {
    for (const file of opened.values()) await file.disk.close();
    throw error;
  }
  return new NdjsonSink(options, {...manifest, files}, opened);
}

/** Compresses into a separate member, so a file truncated after any member is valid. */
const compressed = promisify<Uint8Array, Buffer>(gzip);

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

/**
 * Transactions are appended in the order of the calls. Many become durable together: the files are
 * synced, then `state.json` is replaced by one that covers exactly these transactions, of all
 * bindings. After a kill, the last such commit counts. After a failed write the sink accepts
 * nothing more, and everything committed stays.
 */
export class NdjsonSink implements Sink {
  readonly #options: NdjsonOptions;
  readonly #files: ReadonlyMap<string, OutputFile>;
  readonly #blocks = new BufferPool();
  #manifest: Manifest;
  #state: unknown;
  #turn: Promise<unknown> = Promise.resolve();
  /** Bytes and checkpoints since the last commit began. */
  #newBytes = 0;
  #dirty = false;
  #committing: Promise<void> | undefined;
  #delayed: AbortController | undefined;
  #failure: unknown;

  constructor(options: NdjsonOptions, manifest: Manifest, files: ReadonlyMap<string, OutputFile>) {
    this.#options = options;
    this.#manifest = manifest;
    this.#state = manifest.state;
    this.#files = files;
  }

  /** The reduced state, including everything written so far. */
  get state(): unknown {
    return this.#state;
  }

  /** Every collection's file and its number of lines. */
  get files(): {collection: string; file: string; lines: number; bytes: number}[] {
    return [...this.#files].map(([collection, {name, lines, bytes}]) => ({collection, file: name, lines, bytes}));
  }

  write(transaction: Transaction): Promise<number> {
    const written = this.#turn.then(async () => {
      while (this.#newBytes > uncommittedBytesMax && this.#committing !== undefined) await this.#committing;
      this.#refuse();
      const {bytes, count, block = nothing} = serialize(this.#blocks, transaction, nothing, lineEnd);
      const patch = patchOf(transaction);
      await this.#append(this.#fileOf(transaction), bytes, count);
      // Equivalent mutants (CallExpression): it only saves memory
      this.#blocks.release(block);
      if (patch !== undefined) this.#state = mergePatch(this.#state, patch);
      this.#dirty ||= count > 0 || patch !== undefined;
      // A checkpoint without documents stands for something done at Zoho, such as a paid job, and
      // is committed at once.
      this.#commitSoon(count === 0 ? 0 : commitDelayMs);
      return count;
    });
    this.#turn = written.catch(() => {});
    return written;
  }

  async describe(): Promise<void> {}

  /**
   * Commits what was written and closes the files. Rejects when something could not be made
   * durable.
   */
  async close(): Promise<void> {
    await this.#turn;
    this.#delayed?.abort();
    while (this.#committing !== undefined) await this.#committing;
    if (this.#failure === undefined && this.#dirty) await this.#commit();
    for (const file of this.#files.values()) await file.disk.close();
    this.#refuse();
  }

  #fileOf({target}: Transaction): OutputFile {
    const file = this.#files.get(target.collection);
    if (file === undefined) throw new Error(`No file was opened for collection ${target.collection}`);
    return file;
  }

  async #append(file: OutputFile, plain: Buffer, lines: number): Promise<void> {
    if (plain.length === 0) return;
    const bytes = file.name.endsWith(gzipEnding) ? await compressed(plain) : plain;
    try {
      await file.disk.write(bytes, file.bytes);
    } catch (error) {
      this.#failure ??= this.#unwritable(file.name, error);
      throw this.#failure;
    }
    file.bytes += bytes.length;
    file.lines += lines;
    file.crc32 = crc32(bytes, file.crc32);
    this.#newBytes += bytes.length;
  }

  /** Commits now if enough has accumulated, otherwise after the delay. Commits never overlap. */
  #commitSoon(delayMs: number): void {
    if (!this.#dirty || this.#committing !== undefined || this.#failure !== undefined) return;
    if (delayMs > 0 && this.#newBytes < commitBytes) {
      if (this.#delayed !== undefined) return;
      const delayed = new AbortController();
      this.#delayed = delayed;
      this.#options.clock.sleep(delayMs, delayed.signal).then(
        () => {
          this.#delayed = undefined;
          this.#commitSoon(0);
        },
        () => {},
      );
      return;
    }
    this.#delayed?.abort();
    this.#delayed = undefined;
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      this.#commitSoon(commitDelayMs);
    });
  }

  /**
   * Never rejects: the next write or close throws the failure. What is written meanwhile belongs to
   * the next commit.
   */
  async #commit(): Promise<void> {
    const {disk} = this.#options;
    this.#dirty = false;
    this.#newBytes = 0;
    const lengths = [...this.#files].map(([collection, file]) => ({
      collection,
      file,
      entry: {file: file.name, bytes: file.bytes, lines: file.lines, crc32: file.crc32},
    }));
    const manifest = {
      ...this.#manifest,
      state: this.#state,
      files: Object.fromEntries(lengths.map(({collection, entry}) => [collection, entry])),
    };
    try {
      for (const {file, entry} of lengths) {
        if (entry.bytes === file.synced) continue;
        await file.disk.sync();
        file.synced = entry.bytes;
      }
      await disk.replace(manifestName, manifestText(manifest));
      this.#manifest = manifest;
    } catch (error) {
      this.#failure ??= this.#unwritable(manifestName, error);
    }
  }

  #refuse(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #unwritable(name: string, error: unknown): Error {
    return new Error(
      `Cannot write ${this.#options.folder}/${name}: ${systemReason(error)}; what was committed is safe, and the same command continues from there`,
      {cause: error},
    );
  }
}
