/** The log lines and the progress of a backfill or a refresh. */
import type {BackfillState} from '../flow/state.ts';
import {backfillCredits} from '../zoho/usage.ts';
import type {Binding} from './binding.ts';
import type {BindingProgress} from './progress.ts';
import type {Tally} from './tally.ts';

/**
 * Logs that a backfill or a refresh begins or continues. Returns the function that logs its end.
 */
export function reportRange({module, state, queries, progress, shared, refreshing}: Binding, cost: Tally): () => void {
  const {clock, log} = shared;
  const kind = refreshing ? 'refresh' : 'backfill';
  const [beganMs, before] = [clock.elapsedMs(), {...progress}];
  progress.range = kind;
  const {job, cutoff} = state.backfill as BackfillState;
  const verb = job == null ? 'Beginning' : 'Resuming';
  const credits = backfillCredits(1, queries.slices(state).length);
  log('info', `${verb} the ${kind} of module ${module}, at about ${credits} credits for every 200,000 rows`, {
    module,
    from: state.start,
    cutoff,
    observable: true,
  });
  return () => {
    const rows = progress.rows - before.rows;
    const seconds = Math.round((clock.elapsedMs() - beganMs) / 1_000);
    const spent = cost.credits();
    const compared = refreshing ? comparedSince(before, progress) : undefined;
    const found = compared && `; ${compared.changed} of ${compared.records} records have changed values`;
    log('info', `The ${kind} of module ${module} is complete: ${rows} rows in ${seconds} s, ${spent} credits${found ?? ''}`, {
      module,
      rows,
      seconds,
      credits: spent,
      ...compared,
      dropped: progress.dropped,
    });
    if (compared) progress.lastRefresh = compared;
    progress.range = undefined;
    progress.phase = 'backfilled';
  };
}

/** The records that a refresh compared, and how many of them it wrote. */
function comparedSince(before: BindingProgress, now: BindingProgress): {records: number; changed: number} {
  const changed = now.refreshed - before.refreshed;
  return {records: changed + now.unchanged - before.unchanged, changed};
}
