/** The model check's own check: every planted defect has to be noticed. */
import assert from 'node:assert/strict';
import {suite, type Test} from 'uvu';
import type {Control, Planted} from './patched.ts';
import {modelRun} from './run.ts';

/**
 * Runs a case for each control of the model check: with its defect, one of 150 seeds must end in a
 * violation.
 */
export function catches(name: string, controls: readonly Control[]): void {
  const model = suite(name);
  for (const control of controls)
    caught(model, control, 150, async (seed) => (await modelRun({seed, ...control.run})).violations);
  model.run();
}

/** Registers a case: with its defect, one of so many seeds must end in a violation. */
export function caught(
  test: Test,
  {name, seed: known, breakIt}: Planted,
  seedsMax: number,
  violationsOf: (seed: number) => Promise<readonly string[]>,
): void {
  test(`catches the defect: ${name}`, async () => {
    const undo = breakIt?.();
    try {
      for (const seed of [known, ...Array.from({length: seedsMax}, (_, i) => i + 1)])
        if ((await violationsOf(seed)).length > 0) return;
      assert.fail(`not caught by ${seedsMax} seeds`);
    } finally {
      undo?.();
    }
  });
}
