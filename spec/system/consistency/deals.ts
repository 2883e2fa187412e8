/** Captures of one narrow module, Deals, with fields of which some are read by one API only. */

import type {OrgModule} from '../../../lib/sandbox/module.ts';
import type {FieldSpec} from '../../../lib/sandbox/schema/field.ts';
import {differences, parseExact, type Reduced} from '../../harness/runtime.ts';
import type {JumpCapture, JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Two pages of Deals, by jobs that take half a minute. */
export const dealsWith = (fields: readonly FieldSpec[], more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals', fields)],
  records: {Deals: 60},
  switches: {rowsPerJob: 40, jobMs: 30_000},
  bindings: [{module: 'Deals', intervalMs: 5_000}],
  startDate: '2026-08-01T00:00:00Z',
  ...more,
});

export const deals = ({sandbox}: JumpCapture): OrgModule => sandbox.org.module('Deals');

/** The ids of the first few. */
export const some = (capture: JumpCapture, count: number): string[] => [...deals(capture).ids()].slice(0, count);

/**
 * What differs of the captured records once all is committed, in every field that any API reads.
 */
export function different(capture: JumpCapture): string[] {
  capture.commit();
  const truth = [...capture.sandbox.org.truth('Deals')].map((record) => parseExact(record) as Reduced);
  return differences(capture.task.collections.of('acme/Deals'), truth);
}
