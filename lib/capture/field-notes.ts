/** Maintains the saved notes on a module's fields: known, refused and owed ones (design 5.6, 6). */

import {ZohoError} from '../errors/errors.ts';
import {instantOf, secondsOf} from '../flow/state.ts';
import {coqlColumnsFallback, coqlDynamicMax} from '../limits.ts';
import {keyFields} from '../sources/slices.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {Binding} from './binding.ts';
import type {Api} from './field-plan.ts';
import {capturedNames, isNoteOld, namesDigest, newNames, owing, refusedPatch} from './owed-fields.ts';

/**
 * Updates the notes after metadata were read. New fields are owed, because records captured earlier
 * may have values in them. Refused fields are tried again when metadata changed, and daily. Those
 * that are accepted again are owed, too.
 *
 * Writes a checkpoint only if the notes change or are a day old.
 */
export async function noteFields(binding: Binding, haveChanged: boolean, signal: AbortSignal): Promise<void> {
  await note(binding, haveChanged, signal);
  // A refresh does not reach records of the future, but sweeps do.
  const {owed} = binding.state.fields!;
  if (owed?.some((name) => binding.queries.fields.reads('coql', name))) binding.seen.recaptureAhead();
}

async function note(binding: Binding, haveChanged: boolean, signal: AbortSignal): Promise<void> {
  const {shared} = binding;
  const {fields} = binding.queries;
  const nowS = await shared.client.nowSeconds(signal);
  const before = binding.state.fields?.digest;
  const areNew = before !== namesDigest(capturedNames(fields));
  if (!areNew && !haveChanged && !isNoteOld(binding.state, nowS)) return;
  // A version that kept no notes captured all fields that it knew.
  const known = before ?? namesDigest(capturedNames(fields));
  const again = await retryRefused(binding, nowS, signal);
  await binding.patch(() => {
    const names = capturedNames(fields);
    const {fields: owes, ...rest} = owing(binding.state, fields, [...newNames(known, names), ...again]);
    return {
      ...rest,
      fields: {...(owes as object), read: instantOf(nowS), digest: namesDigest(names), refused: refusedPatch(fields)},
    };
  });
}

/**
 * Tries refused fields again, and returns those that an API now reads. This takes at most three
 * calls: one per API with all of its fields, then one with a single field, a different one each
 * day. Nothing is tried for a state without notes: its refusals are as young as this process.
 */
async function retryRefused(binding: Binding, nowS: number, signal: AbortSignal): Promise<string[]> {
  const {fields} = binding.queries;
  const again: string[] = [];
  if (binding.state.fields?.digest === undefined) return again;
  const refused: {api: Api; name: string}[] = [];
  const {refused: left} = fields;
  for (const api of ['bulk', 'coql'] as const) {
    const names = left[api];
    if (names.length === 0) continue;
    if (await isRead(binding, api, names, signal)) {
      for (const name of names) fields.admit(api, name);
      again.push(...names);
    } else if (names.length > 1) refused.push(...names.map((name) => ({api, name})));
  }
  const one = refused[Math.floor(nowS / 86_400) % refused.length];
  if (one !== undefined && (await isRead(binding, one.api, [one.name], signal))) {
    fields.admit(one.api, one.name);
    again.push(one.name);
  }
  if (again.length > 0) {
    const {module, shared} = binding;
    shared.log('info', `Module ${module}: ${again.join(', ')} can be read again`, {module, fields: again});
  }
  return again;
}

/**
 * Whether an API reads these fields. The test job covers one second, and its result is not read.
 */
async function isRead(
  {module, queries: {fields}, state, shared}: Binding,
  api: Api,
  names: string[],
  signal: AbortSignal,
): Promise<boolean> {
  const cursorS = secondsOf(state.inc.cursor);
  try {
    if (api === 'bulk') {
      await shared.client.createJob({module, fields: [...keyFields, ...names], fromS: cursorS - 1, toS: cursorS}, signal);
      return true;
    }
    if (names.filter((name) => fields.all.get(name)!.dynamic).length > coqlDynamicMax) return false;
    if (names.length + keyFields.length > coqlColumnsFallback) return false;
    const columns = [...keyFields, ...names];
    const query = windowQuery({module, columns, fromS: cursorS, limit: 1, quoting: fields.quoting});
    await shared.client.coql(query, signal);
    return true;
  } catch (error) {
    const isRefusal = error instanceof ZohoError && (error.kind === 'field' || error.kind === 'refused');
    if (!isRefusal) throw error;
    return false;
  }
}
