/** A binding of a module without `Modified_Time`, over the small Zoho of `binding-zoho.ts`. */
import type {RunBindingOptions} from '../../lib/capture/run-binding.ts';
import {parseSchedule} from '../../lib/capture/schedule.ts';
import {SnapshotBinding} from '../../lib/capture/snapshots/snapshot-binding.ts';
import type {Field} from '../../lib/records/field.ts';
import {type Bench, type BenchOptions, bench} from './binding-zoho.ts';
import type {JobAnswer} from './bulk-zoho.ts';
import {textField} from './fields.ts';

export type Row = readonly [id: number, A: string];

export const snapshotFields: readonly Field[] = [textField('id', {type: 'id', dataType: 'bigint'}), textField('A')];

/** A completed job whose file has these rows. */
export function fileOf(...rows: readonly Row[]): JobAnswer {
  return {count: rows.length, csv: ['Id,A', ...rows.map(([id, A]) => `${id},${A}`), ''].join('\n')};
}

export interface SnapshotOptions extends BenchOptions {
  /** The state of the task, or that of the binding's snapshot alone. */
  readonly saved?: unknown;
  readonly snapshot?: object;
  readonly schedule?: string;
}

export interface SnapshotBench {
  readonly it: Bench;
  readonly options: RunBindingOptions;
  readonly binding: SnapshotBinding;
}

/** Its jobs export `rows` as they are at that time, unless `job` answers otherwise. */
export async function snapshotBench(rows: () => readonly Row[], options: SnapshotOptions = {}): Promise<SnapshotBench> {
  const {snapshot, schedule, intervalMs = 3_600_000, job = () => fileOf(...rows()), ...more} = options;
  const {saved = snapshot === undefined ? {} : {bindingStateV1: {Leads: {snapshot}}}} = options;
  const it = bench({...more, intervalMs, job});
  Object.assign(it.shared.client, {fields: async () => snapshotFields});
  const {target, progress} = it.binding;
  const running: RunBindingOptions = {
    target,
    module: 'Leads',
    intervalMs,
    schedule: schedule === undefined ? undefined : parseSchedule(schedule),
    progress,
    shared: it.shared,
    saved,
    startDate: undefined,
    once: true,
  };
  const binding = await SnapshotBinding.resume(running, saved);
  binding.takeFields(snapshotFields);
  return {it, options: running, binding};
}

/** Documents as `number op A`, or `number d`. */
export function numbered({written}: Bench): string[] {
  return (written as unknown as {A?: string; _meta: {op: string; row_id: number}}[]).map(
    ({A, _meta: {op, row_id}}) => `${row_id} ${op}${A === undefined ? '' : ` ${A}`}`,
  );
}
