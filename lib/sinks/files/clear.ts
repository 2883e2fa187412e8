/** Clears directories whose capture was only a trial, so that a run may start over. */
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {folderDisk} from './disk.ts';
import {type Manifest, manifestName, parseManifest} from './manifest.ts';

/**
 * Removes the files of a capture for which `isPassing` holds, and nothing else in the directory.
 * Returns whether there was one. The caller holds the directory's lock.
 */
export async function clearCapture(folder: string, isPassing: (capture: Manifest['capture']) => boolean): Promise<boolean> {
  const text = await folderDisk(folder).read(manifestName);
  if (text === undefined) return false;
  const {capture, files} = parseManifest(text, folder);
  if (!isPassing(capture)) return false;
  await Promise.all(Object.values(files).map(({file}) => rm(join(folder, file), {force: true})));
  await rm(join(folder, manifestName));
  return true;
}
