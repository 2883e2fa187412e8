/**
 * The files of a capture's directory: claimed for their collections, and reopened where a run
 * stopped.
 */
import {crc32} from 'node:zlib';
import {ConfigError} from '../../errors/errors.ts';
import type {Clock} from '../../platform/clock.ts';
import {setOwn} from '../../platform/own-property.ts';
import type {Disk, DiskFile} from './disk.ts';
import {fileNames, gzipEnding, plainEnding} from './file-names.ts';
import {type Manifest, type ManifestFile, manifestName, manifestText} from './manifest.ts';

export interface NdjsonOptions {
  readonly disk: Disk;
  /** The directory as the user typed it, for messages. */
  readonly folder: string;
  /** What identifies this capture. A directory of another capture is rejected. */
  readonly capture: Readonly<Record<string, string>>;
  readonly collections: readonly string[];
  /** Initial state, for a directory that has none yet. */
  readonly initialState?: Readonly<Record<string, unknown>> | undefined;
  /** Whether new files are compressed; by default like those in the directory. */
  readonly gzip?: boolean | undefined;
  readonly clock: Clock;
  /**
   * Awaited after each block of a file that is verified before the capture continues. What it
   * throws stops the opening.
   */
  readonly onChecked?: (bytes: number) => Promise<void>;
}

export interface OutputFile {
  readonly name: string;
  readonly disk: DiskFile;
  /** Bytes written, committed or not. */
  bytes: number;
  lines: number;
  crc32: number;
  /** Length at the last sync. */
  synced: number;
}

/**
 * Assigns a file to every collection. A new one is recorded before it is created, so a file without
 * an entry is never ours.
 */
export async function claim(
  manifest: Manifest,
  {disk, folder, collections, gzip: isAsked}: NdjsonOptions,
): Promise<Record<string, ManifestFile>> {
  const known = new Map(Object.entries(manifest.files).map(([collection, {file}]) => [collection, file]));
  const isCompressed = known.size > 0 && [...known.values()].every((file) => file.endsWith(gzipEnding));
  if (isAsked === true && known.size > 0 && !isCompressed)
    throw new ConfigError(
      `Cannot use --gzip in ${folder}: its files are not compressed; leave it out, or choose another directory`,
    );
  const files = {...manifest.files};
  const ending = (isAsked ?? isCompressed) ? gzipEnding : plainEnding;
  for (const [collection, file] of fileNames(collections, known, ending)) {
    if (known.has(collection)) continue;
    if ((await disk.kind(file)) !== 'none')
      throw new ConfigError(
        `Cannot write ${folder}/${file}: it already exists and is not part of this capture; choose another directory`,
      );
    setOwn(files, collection, {file, bytes: 0, lines: 0, crc32: 0});
  }
  if (Object.keys(files).length > known.size || known.size === 0)
    await disk.replace(manifestName, manifestText({...manifest, files}));
  return files;
}

/** Opens a file, verifies its committed part, and truncates it to that. */
export async function reopen(committed: ManifestFile, {disk, folder, onChecked}: NdjsonOptions): Promise<OutputFile> {
  const {file: name, bytes, lines} = committed;
  const changed = (how: string): ConfigError =>
    new ConfigError(
      `Cannot continue in ${folder}: ${name} ${how} since it was written; put it back as it was, or choose another directory`,
    );
  const kind = await disk.kind(name);
  if (kind === 'other') throw changed('has been replaced by something other than a file');
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

async function checksum(file: DiskFile, length: number, onChecked: NdjsonOptions['onChecked']): Promise<number> {
  const block = Buffer.allocUnsafe(Math.min(length, 1 << 20));
  let sum = 0;
  for (let at = 0; ; ) {
    const read = await file.read(block.subarray(0, length - at), at);
    if (read === 0) return sum;
    sum = crc32(block.subarray(0, read), sum);
    at += read;
    await onChecked?.(read);
  }
}
