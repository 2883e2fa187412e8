/** What this process has open. */
import {readdir, readlink} from 'node:fs/promises';

/** The open files below a folder. */
export async function openBelow(folder: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map(async (name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}
