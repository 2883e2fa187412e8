/** Local files as a sink: one of JSON lines a collection, and a `state.json` that says how far they count (design 8). */
import {crc32} from 'node:zlib';
import {ConfigError} from '../errors/errors.ts';
import {systemReason} from '../errors/system.ts';
import {mergePatch} from '../flow/state.ts';
import {commitBytes, commitDelayMs, uncommittedBytesMax} from '../limits.ts';
import {BufferPool} from '../platform/buffer-pool.ts';
import type {Clock} from '../platform/clock.ts';
import {setOwn} from '../platform/own-property.ts';
import type {Disk, DiskFile} from './files/disk.ts';
import {fileNames} from './files/file-names.ts';
import {type Manifest, type ManifestFile, manifestName, manifestText, parseManifest, refuseOther} from './files/manifest.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Transaction} from './sink.ts';

export interface NdjsonOptions {
  readonly disk: Disk;
  /** The directory as the user wrote it, for messages. */
  readonly folder: string;
  /** What tells this capture from others. A directory of another one is refused. */
  readonly capture: Readonly<Record<string, string>>;
  readonly collections: readonly string[];
  /** State to begin with, in a directory that has none yet. */
  readonly initialState?: Readonly<Record<string, unknown>> | undefined;
  readonly clock: Clock;
  /** Awaited after each block of a file that is read before the capture goes on; what it throws ends the opening. */
  readonly onChecked?: (bytes: number) => Promise<void>;
}

interface OutputFile {
  readonly name: string;
  readonly disk: DiskFile;
  /** What was written, committed or not. */
  bytes: number;
  lines: number;
  crc32: number;
  /** Length that was last synced. */
  synced: number;
}

/**
 * Opens the directory's files for a capture: cuts them back to what was committed, so that a run goes on where the last one was, however it
 * ended. The caller holds the directory's lock.
 *
 * @throws ConfigError when the directory holds another capture, a file that is not its own, or one that was changed since.
 */
export async function openNdjson(options: NdjsonOptions): Promise<NdjsonSink> {
  const {disk, folder, capture, initialState} = options;
  const text = await disk.read(manifestName);
  const kept = text === undefined ? undefined : parseManifest(text, folder);
  if (kept !== undefined) {
    refuseOther(kept, capture, folder);
    if (initialState !== undefined)
      throw new ConfigError(`Cannot begin with another state in ${folder}: it has one; choose another directory`);
  }
  const journal = kept ?? {version: 1, capture: {...capture}, state: initialState ?? {}, files: {}};
  const files = await claim(journal, options);
  const opened = new Map<string, OutputFile>();
  try {
    for (const [collection, file] of Object.entries(files)) opened.set(collection, await reopen(file, options));
    await disk.syncNames();
  } catch (error) {
    for (const file of opened.values()) await file.disk.close();
    throw error;
  }
  return new NdjsonSink(options, {...journal, files}, opened);
}

/** Gives every collection a file. New ones are written down before they are made, so that a file without an entry is never ours. */
async function claim(journal: Manifest, {disk, folder, collections}: NdjsonOptions): Promise<Record<string, ManifestFile>> {
  const known = new Map(Object.entries(journal.files).map(([collection, {file}]) => [collection, file]));
  const files = {...journal.files};
  for (const [collection, file] of fileNames(collections, known)) {
    if (known.has(collection)) continue;
    if ((await disk.kind(file)) !== 'none')
      throw new ConfigError(
        `Cannot write ${folder}/${file}: it is there already and not of this capture; choose another directory`,
      );
    setOwn(files, collection, {file, bytes: 0, lines: 0, crc32: 0});
  }
  if (Object.keys(files).length > known.size || known.size === 0)
    await disk.replace(manifestName, manifestText({...journal, files}));
  return files;
}

/** Opens a file and cuts it back to its committed length, after a look at whether that part is as it was written. */
async function reopen(committed: ManifestFile, {disk, folder, onChecked}: NdjsonOptions): Promise<OutputFile> {
  const {file: name, bytes, lines} = committed;
  const changed = (how: string): ConfigError =>
    new ConfigError(
      `Cannot go on in ${folder}: ${name} ${how} since it was written; put it back as it was, or choose another directory`,
    );
  const kind = await disk.kind(name);
  if (kind === 'other') throw changed('has become something else than a file');
  if (kind === 'none' && bytes > 0) throw changed('has been removed');
  const file = await disk.open(name);
  try {
    const size = await file.size();
    if (size < bytes) throw changed('has been shortened');
    if ((await checksum(file, bytes, onChecked)) !== committed.crc32) throw changed('has been changed');
    if (size > bytes) await file.cut(bytes);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {name, disk: file, bytes, lines, crc32: committed.crc32, synced: bytes};
}

/** CRC-32 of the first `length` bytes. */
async function checksum(file: DiskFile, length: number, onChecked: NdjsonOptions['onChecked']): Promise<number> {
  const block = Buffer.allocUnsafe(Math.min(length, 1 << 20));
  let sum = 0;
  for (let at = 0; at < length; ) {
    const read = await file.read(block.subarray(0, Math.min(block.length, length - at)), at);
    if (read === 0) break;
    sum = crc32(block.subarray(0, read), sum);
    at += read;
    await onChecked?.(read);
  }
  return sum;
}

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

/**
 * Pieces are appended in the order of the calls; many of them become durable together: the files are synced, then `state.json` is replaced by one
 * that covers exactly these pieces, of all bindings. After a kill at any instant, what counts is what one such commit covered. After a failure to write
 * nothing more is taken, and everything committed stays as it is.
 */
export class NdjsonSink implements Sink {
  readonly #options: NdjsonOptions;
  readonly #files: ReadonlyMap<string, OutputFile>;
  readonly #blocks = new BufferPool();
  #journal: Manifest;
  #state: unknown;
  #turn: Promise<unknown> = Promise.resolve();
  /** Bytes and checkpoints since the last commit began. */
  #newBytes = 0;
  #dirty = false;
  #committing: Promise<void> | undefined;
  #delayed: AbortController | undefined;
  #failure: unknown;

  constructor(options: NdjsonOptions, journal: Manifest, files: ReadonlyMap<string, OutputFile>) {
    this.#options = options;
    this.#journal = journal;
    this.#state = journal.state;
    this.#files = files;
  }

  /** The reduced state, with everything written so far. */
  get state(): unknown {
    return this.#state;
  }

  /** Every collection's file and how many lines it has. */
  get files(): {collection: string; file: string; lines: number; bytes: number}[] {
    return [...this.#files].map(([collection, {name, lines, bytes}]) => ({collection, file: name, lines, bytes}));
  }

  write(piece: Transaction): Promise<number> {
    const written = this.#turn.then(async () => {
      while (this.#newBytes > uncommittedBytesMax && this.#committing !== undefined) await this.#committing;
      this.#refuse();
      const {bytes, count, block} = serialize(this.#blocks, piece, nothing, lineEnd);
      const patch = patchOf(piece);
      await this.#append(this.#fileOf(piece), bytes, count);
      if (block !== undefined) this.#blocks.release(block);
      if (patch !== undefined) this.#state = mergePatch(this.#state, patch);
      this.#dirty ||= count > 0 || patch !== undefined;
      // A checkpoint without documents stands for something done at Zoho, such as a job that was paid for: it is not kept waiting.
      this.#commitSoon(count === 0 ? 0 : commitDelayMs);
      return count;
    });
    this.#turn = written.catch(() => {});
    return written;
  }

  async describe(): Promise<void> {}

  /** Commits what was written and lets go of the files. Rejects when something could not be made durable. */
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

  async #append(file: OutputFile, bytes: Buffer, lines: number): Promise<void> {
    if (bytes.length === 0) return;
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

  /** Commits now when enough has come together, else after the delay; never two at once. */
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

  /** Never rejects: a failure is kept for whoever writes or closes next. What is written meanwhile belongs to the next commit. */
  async #commit(): Promise<void> {
    const {disk} = this.#options;
    this.#dirty = false;
    this.#newBytes = 0;
    const lengths = [...this.#files].map(([collection, file]) => ({
      collection,
      file,
      entry: {file: file.name, bytes: file.bytes, lines: file.lines, crc32: file.crc32},
    }));
    const journal = {
      ...this.#journal,
      state: this.#state,
      files: Object.fromEntries(lengths.map(({collection, entry}) => [collection, entry])),
    };
    try {
      for (const {file, entry} of lengths) {
        if (entry.bytes === file.synced) continue;
        await file.disk.sync();
        file.synced = entry.bytes;
      }
      await disk.replace(manifestName, manifestText(journal));
      this.#journal = journal;
    } catch (error) {
      this.#failure ??= this.#unwritable(manifestName, error);
    }
  }

  #refuse(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #unwritable(name: string, error: unknown): Error {
    return new Error(
      `Cannot write ${this.#options.folder}/${name}: ${systemReason(error)}; what was committed is safe, and the same command goes on from there`,
      {cause: error},
    );
  }
}
