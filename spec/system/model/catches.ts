/** The model check's own check: every planted defect has to be noticed. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Control} from './patched.ts';
import {modelRun} from './run.ts';

/** Seeds within which a planted defect has to show. */
const seedsMax = 150;

/** Runs a case for each control: with its defect, one of the seeds must end in a violation. */
export function catches(name: string, controls: readonly Control[]): void {
  const model = suite(name);
  for (const {name: defect, breakIt, run} of controls) {
    model(`catches it when ${defect}`, async () => {
      const mend = breakIt?.();
      try {
        for (let seed = 1; seed <= seedsMax; seed++) {
          if ((await modelRun({seed, ...run})).violations.length > 0) return;
        }
        assert.fail(`not caught by ${seedsMax} seeds`);
      } finally {
        mend?.();
      }
    });
  }
  model.run();
}
