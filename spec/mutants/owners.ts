/** Which specs own a file of `lib/`: those that are to notice when it is changed. */
import {existsSync} from 'node:fs';

/** Files of the folders that are not changed: types, bounds, and the kernel's own language. */
export const notMutated = ['**/*.d.ts', '**/limits.ts', 'lib/kernel/assembly/**'];

/** Specs besides the one that mirrors a file, by its path or by the start of it. */
export const besides: readonly (readonly [start: string, ...specs: string[]])[] = [
  ['lib/capture/', 'capture/sweep', 'capture/rebuild-filter', 'capture/loops', 'capture/run-binding'],
  ['lib/flow/cron-pattern', 'flow/spec'],
  ['lib/flow/discover', 'flow/constants'],
  ['lib/flow/sourced', 'flow/constants'],
  ['lib/flow/spec', 'flow/constants'],
  ['lib/sources/bulk.ts', 'sources/bulk-pages'],
  ['lib/sources/coql.ts', 'sources/coql-bounds', 'sources/rows-by-ids'],
  ['lib/transforms/parse-csv', 'transforms/unreadable-rows'],
  ['lib/zoho/caller', 'zoho/retries', 'zoho/download'],
  ['lib/zoho/endpoints', 'zoho/download'],
];

/** Paths below the root, with slashes. A file that no spec owns has none, and each of its mutants lives. */
export function ownersOf(file: string): string[] {
  const path = file.replaceAll('\\', '/').replace(/^.*?(?=lib\/[^/]+\/)/, '');
  const mirror = path.replace(/^lib\/|\.ts$/g, '');
  const named = [mirror, ...besides.flatMap(([start, ...specs]) => (path.startsWith(start) ? specs : []))];
  return [...new Set(named)].map((spec) => `spec/${spec}.spec.ts`).filter((spec) => existsSync(spec));
}
