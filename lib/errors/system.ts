/** Failures of the operating system, explained in words. */
import {ConfigError} from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it already exists and is not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would be larger than files may be here (see ulimit -f)',
  EIO: 'the device reported an error',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a symbolic link',
  EADDRINUSE: 'another program listens there; choose another port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'this machine does not have the address',
  EINVAL: 'this machine does not have the address',
};

/** The system's reason in words, or its code. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error)) return error.message;
  return reasons[String(error.code)] ?? String(error.code);
}

/**
 * Runs `act` on a file or address that the user named. A system error becomes a ConfigError:
 * `Cannot <what>: <reason>`.
 */
export async function explainSystemErrors<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new ConfigError(`Cannot ${what}: ${systemReason(error)}`, {cause: error});
  }
}
