/** One process per directory: a lock that the system releases however its holder ends. */
import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {ConfigError} from '../../errors/errors.ts';

/** SQLite's result code for a database locked by another connection. */
const busy = 5;

/**
 * Locks a directory until the returned function is called or the process ends. The lock is that of
 * an empty SQLite database, which the system holds: a kill leaves none behind, and no process id
 * can be mistaken for another's.
 *
 * @throws ConfigError when another process holds it.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const path = join(folder, 'lock');
  await (await open(path, 'a', 0o600)).close();
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const {errcode} = error as {errcode?: unknown};
    if (errcode === busy) {
      throw new ConfigError(
        `Cannot use ${folder}: another process is capturing into it; stop that one, or choose another directory`,
      );
    }
    throw error;
  }
  return () => database.close();
}
