/** Files that a command writes: an existing one is replaced only on request. */
import {stat} from 'node:fs/promises';
import {ConfigError} from '../errors/errors.ts';
import {hasCode} from '../sinks/files/disk.ts';

/**
 * @throws ConfigError when something exists at `path`; `wayOut` says what to do besides `--force`.
 */
export async function refuseExisting(path: string, isForced: boolean | undefined, wayOut: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found?.isDirectory()) throw new ConfigError(`Cannot write ${path}: it is a directory; ${wayOut}`);
  if (found !== undefined && isForced !== true)
    throw new ConfigError(`Cannot write ${path}: it already exists; pass --force to replace it, or ${wayOut}`);
}
