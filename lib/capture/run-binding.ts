/** The life of one binding: it resumes, and its loops capture it until they end. */
import {recordKey} from '../flow/discover.ts';
import type {BindingState} from '../flow/state.ts';
import type {Field} from '../records/field.ts';
import {Binding} from './binding.ts';
import {noteFields} from './field-notes.ts';
import {FieldPlan} from './field-plan.ts';
import {runLoops} from './loops.ts';
import {fieldsOf, type ResumeOptions, resume, wasRead} from './resume.ts';
import {reportStart} from './start.ts';
import {supervise} from './supervise.ts';

export type RunBindingOptions = ResumeOptions;

/**
 * Captures one module until the signal aborts, or with `once` until it is up to date. `supervise`
 * handles its failures.
 */
export async function runBinding(options: RunBindingOptions, signal: AbortSignal): Promise<void> {
  const {log} = options.shared;
  let state: BindingState | undefined;
  let binding: Binding | undefined;
  async function attempt(): Promise<void> {
    if (state === undefined) {
      state = await resume(options, signal);
      reportStart(options, state, log);
    }
    const fields = await fieldsOf(options, {hadFields: binding !== undefined || wasRead(state), key: recordKey}, signal);
    options.shared.unscoped.delete(options.target.index);
    const haveChanged = binding?.queries.takeFields(fields) ?? false;
    binding ??= createBinding(options, state, fields);
    await noteFields(binding, haveChanged, signal);
    await binding.describe();
    options.progress.fault = undefined;
    await runLoops(binding, options.once, signal);
  }
  await supervise(options, {attempt, hasBegun: () => state !== undefined}, signal);
}

/** A binding that continues from its state. */
function createBinding(options: RunBindingOptions, state: BindingState, fields: readonly Field[]): Binding {
  return new Binding(options, state, new FieldPlan(fields, state.fields?.refused));
}
