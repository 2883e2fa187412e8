/**
 * The file-system operations that durable files need, so that specs can cut the power at any of
 * them.
 */
import {constants, type FileHandle, mkdir, open, readFile, rename, stat, unlink} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';

/** One file, open for reading and writing. Positions and lengths are in bytes. */
export interface DiskFile {
  size(): Promise<number>;
  /** Reads up to `into.length` bytes, and fewer only at the end of the file. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Writes all of `bytes`. They are durable only after `sync`. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  cut(length: number): Promise<void>;
  /** Makes everything written survive a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The files of one directory, by name. */
export interface Disk {
  /** What the name refers to: nothing, an ordinary file, or something else. */
  kind(name: string): Promise<'none' | 'file' | 'other'>;
  /**
   * Opens a file, creating it if necessary, readable only by the user. Its name is durable after
   * `syncNames`.
   */
  open(name: string): Promise<DiskFile>;
  read(name: string): Promise<string | undefined>;
  /** Replaces a file's content durably and atomically. */
  replace(name: string, text: string): Promise<void>;
  syncNames(): Promise<void>;
}

const ownerOnly = 0o600;
const ownerFolder = 0o700;

/** The files of an existing directory. */
export function folderDisk(folder: string): Disk {
  const path = (name: string): string => join(folder, name);
  return {
    async kind(name) {
      try {
        await using handle = await open(path(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        return (await handle.stat()).isFile() ? 'file' : 'other';
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return 'none';
        if (hasCode(error, 'ELOOP') || hasCode(error, 'ENXIO')) return 'other';
        throw error;
      }
    },

    async open(name) {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
      return diskFile(await open(path(name), flags, ownerOnly));
    },

    async read(name) {
      try {
        return await readFile(path(name), 'utf8');
      } catch (error) {
        if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
        throw error;
      }
    },

    async replace(name, text) {
      const next = path(`${name}.next`);
      const handle = await open(
        next,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
        ownerOnly,
      );
      try {
        // A run that was killed here may have left the file, with another mode.
        await handle.chmod(ownerOnly);
        await handle.writeFile(text);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(next, path(name));
      await syncFolder(folder);
    },

    syncNames: () => syncFolder(folder),
  };
}

/**
 * Creates a folder that only the user may enter, and its parents. An existing one stays unchanged.
 * (Node's own function loops where the system reports a missing parent that exists, as in /proc.)
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, ownerFolder);
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT')) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, ownerFolder);
  }
}

/** Makes the names in a folder survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

/** Fails wherever `writePrivate` would, except on a full disk. It leaves nothing behind. */
export async function tryPrivate(path: string): Promise<void> {
  const next = await open(`${path}.next`, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, ownerOnly);
  await next.close();
  await unlink(`${path}.next`);
}

/** Writes a file that only the user may read, replacing an existing one durably and atomically. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await folderDisk(dirname(path)).replace(basename(path), text);
}

/** An open file, which may read and write less at a time than it is asked to. */
export function diskFile(handle: Pick<FileHandle, 'stat' | 'read' | 'write' | 'truncate' | 'datasync' | 'close'>): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(into, at) {
      let filled = 0;
      // Equivalent mutants (EqualityOperator): a full buffer takes nothing more
      while (filled < into.length) {
        const {bytesRead} = await handle.read(into, filled, into.length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    async write(bytes, at) {
      let written = 0;
      while (written < bytes.length) {
        const {bytesWritten} = await handle.write(bytes, written, bytes.length - written, at + written);
        written += bytesWritten;
      }
    },
    cut: (length) => handle.truncate(length),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** Whether an error is the system's, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
