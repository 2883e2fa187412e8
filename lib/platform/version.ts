/** The program's version, from its package. */
import {readFileSync} from 'node:fs';

export function programVersion(): string {
  const {version} = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}
