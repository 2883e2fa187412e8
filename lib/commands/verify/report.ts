/** What `verify` reports: a table for people, or JSON, and the exit code. */
import {type CommandContext, exit, print, sayJson} from '../host.ts';
import {counted, tableLines} from '../terminal/table.ts';
import type {Comparison} from './compare.ts';

/** What became of one module. */
export interface Verified {
  readonly module: string;
  /** Why nothing was compared. */
  readonly reason?: string;
  readonly comparison?: Comparison;
}

export interface ReportOptions {
  /**
   * Values that differ are shown only on request: they are customers' data, and reports go into
   * tickets.
   */
  readonly showValues?: boolean;
  readonly json?: boolean;
}

/** Reports what was found. Returns the exit code. */
export function report(host: CommandContext, args: ReportOptions, verified: readonly Verified[]): number {
  if (args.json === true) {
    sayJson(host, {
      modules: verified.map(({module, reason, comparison}) => ({
        module,
        reason,
        ...(comparison && {
          records: comparison.records,
          compared: comparison.compared,
          missing: comparison.missing,
          extra: comparison.extra,
          differing: comparison.differing,
          awaitingRefresh: comparison.awaitingRefresh,
          changedSince: comparison.changedSince,
          quarantined: comparison.quarantined,
          leftOut: comparison.leftOut,
          differences: comparison.shown.map(({captured, zoho, ...difference}) =>
            args.showValues === true ? {...difference, captured, zoho} : difference,
          ),
        }),
      })),
    });
    return verdictOf(verified);
  }
  const right = {align: 'right'} as const;
  const titles = ['records', 'compared', 'missing', 'extra', 'differing', 'awaiting refresh', 'changed since', 'left out'];
  const rows = verified.map(({module, reason, comparison: it}) =>
    it === undefined
      ? [module, '', '', '', '', '', '', '', '', reason]
      : [
          module,
          it.records,
          it.compared,
          it.missing,
          it.extra,
          it.differing,
          it.awaitingRefresh,
          it.changedSince,
          it.quarantined,
          '',
        ],
  );
  // Equivalent mutants (ObjectLiteral): a column without a title is one whose title is empty
  const reasons = {title: ''};
  for (const line of tableLines([{title: 'module'}, ...titles.map((title) => ({title, ...right})), reasons], rows))
    print(host, line);
  for (const {module, comparison} of verified) {
    for (const {id, what, captured, zoho} of comparison?.shown ?? [])
      print(host, `${module} ${id}: ${zoho === undefined ? what : `${what} ${differenceOf(captured, zoho, args)}`}`);
  }
  for (const {module, comparison} of verified) {
    for (const {page, row, id, why} of comparison?.leftOut ?? [])
      print(host, `${module}${id === undefined ? '' : ` ${id}`}: left out, because it ${why} (row ${row} of ${page})`);
  }
  const differing = verified.filter(isDifferent).length;
  const skipped = verified.filter(({comparison}) => comparison === undefined).length;
  if (differing > 0) print(host, `Differences found in ${counted(differing, 'module')}`);
  else if (skipped > 0) print(host, `${counted(skipped, 'module')} could not be compared`);
  else print(host, `${counted(verified.length, 'module')} compared, no differences found`);
  return verdictOf(verified);
}

function isDifferent({comparison}: Verified): boolean {
  return comparison !== undefined && !comparison.isSame;
}

function verdictOf(verified: readonly Verified[]): number {
  if (verified.some(isDifferent)) return exit.different;
  return verified.some(({comparison}) => comparison === undefined) ? exit.failed : exit.done;
}

function differenceOf(captured: string | undefined, zoho: string, {showValues}: ReportOptions): string {
  if (showValues === true) return `is ${captured ?? 'absent'}, at Zoho ${zoho}`;
  return captured === undefined ? 'is absent' : 'differs';
}
