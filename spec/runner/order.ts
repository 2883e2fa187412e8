/** Which spec files start first. */

/** Files that take ten seconds and more on two cores, longest first. */
export const longFiles: readonly string[] = [
  'spec/cli.spec.ts',
  'spec/system/faults/every-fault.spec.ts',
  'spec/system/model/model.spec.ts',
  'spec/system/captures.spec.ts',
  'spec/commands/report/pages.spec.ts',
  'spec/commands/capture.spec.ts',
  'spec/system/proof/proof.spec.ts',
  'spec/system/hardening/secrets.spec.ts',
  'spec/system/chaos/chaos.spec.ts',
  'spec/readme.spec.ts',
  'spec/system/hardening/fuzz.spec.ts',
  'spec/main.spec.ts',
  'spec/commands/interrupt.spec.ts',
  'spec/contract/contract.spec.ts',
  'spec/system/model/snapshots.spec.ts',
  'spec/commands/choices.spec.ts',
  'spec/bench/memory.spec.ts',
  'spec/system/consistency/lists.spec.ts',
  'spec/bench/measure.spec.ts',
  'spec/system/chaos/defects.spec.ts',
  'spec/transforms/values/one-form.spec.ts',
];

/** Long files first, so that none is left to run alone at the end; the others by name. */
export function longestFirst(files: readonly string[]): string[] {
  const place = new Map(longFiles.map((file, at) => [file, at]));
  const placeOf = (file: string): number => place.get(file) ?? longFiles.length;
  return files.toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
}
