/** What one spec process did, read from its exit and from what uvu printed. Pure. */

export interface Ended {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null;
  /** Whether the process was ended for taking too long. */
  readonly timedOut: boolean;
  /** All that it printed. */
  readonly output: string;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file as a whole counts as a failure beyond its failed cases. */
  readonly fault: string | undefined;
}

/**
 * Counts the cases of a spec file. A file counts as one failure more when it did not run to its end or ran nothing: uvu exits 0
 * after a forgotten `run()`, and after a `before` hook that throws.
 */
export function outcomeOf({code, timedOut, output}: Ended): Outcome {
  const totals = [...output.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm)];
  const [total = 0, passed = 0, skipped = 0] = totals[0]?.slice(1).map(Number) ?? [];
  const failed = total - passed;
  const fault = faultOf({code, timedOut, output}, totals.length, total, failed);
  return {passed, failed: failed + (fault === undefined ? 0 : 1), skipped, fault};
}

function faultOf({code, timedOut, output}: Ended, summaries: number, total: number, failed: number): string | undefined {
  if (timedOut) return 'took too long and was ended';
  if (output.includes('Exiting early before testing is finished.')) return 'came to its end while a case was still waiting';
  if (summaries === 0 && code !== 0) return code === null ? 'was ended by a signal' : `ended with exit code ${code}`;
  if (summaries === 0) return 'never called run()';
  if (summaries > 1) return 'ran its suites in several goes; call run() without an await in between';
  if (total === 0) return 'has no case';
  if (code !== 0 && failed === 0) return `ended with exit code ${code} after its cases`;
  return undefined;
}

/** Adds outcomes up. */
export function sumOf(outcomes: readonly Outcome[]): {passed: number; failed: number; skipped: number} {
  const sum = {passed: 0, failed: 0, skipped: 0};
  for (const {passed, failed, skipped} of outcomes) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/** What is wrong with a full run besides its failed cases; `floor` is the number of cases that ran before. */
export function shortfall(files: number, cases: number, floor: number): string | undefined {
  if (files === 0) return 'No spec was found';
  if (cases < floor) return `Only ${cases} cases ran, ${floor} did before; if that is meant, run npm test -- --raise`;
  return undefined;
}
