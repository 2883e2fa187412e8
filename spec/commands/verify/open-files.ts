import {readdir, readlink} from 'node:fs/promises';

/** The files whose paths begin with `start` that this process has open. */
export async function openFilesIn(start: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(start));
}
