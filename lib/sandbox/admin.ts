/**
 * The sandbox's own endpoints under `/sandbox/`: another process controls it through them, and
 * reads what is true.
 */
import * as v from 'valibot';
import {churnStep} from './churn.ts';
import {type Faults, InvalidFault} from './faults.ts';
import {randomFrom} from './hash.ts';
import type {Jobs} from './jobs.ts';
import type {Meters} from './meters.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import {invalidMethod, invalidUrl} from './refusals.ts';
import {type Answer, type Handler, json, refusal, type SandboxRequest} from './request.ts';
import {defaults, type SwitchChoices} from './switches.ts';
import type {Tokens} from './tokens.ts';

export interface AdminParts {
  readonly org: Org;
  readonly jobs: Jobs;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly meters: Meters;
}

const documentsPerPiece = 256;

/**
 * - `GET truth/{module}?since=ISO`: the documents a capture must produce, as NDJSON
 * - `GET readers/{module}`: which API reads which fields
 * - `GET modules`, `GET meters`, `GET jobs`
 * - `GET clock`, `POST clock` `{advanceMs}`
 * - `POST switches` `{...}`
 * - `GET faults`, `POST faults` `{add: "name:kind*count@chance"}`, `DELETE faults`
 * - `POST churn` `{steps, seed, modules?}`
 * - `POST edit` `{module, ids?, changes?}`
 * - `POST insert` `{module, count?, changes?}`
 * - `POST delete` `{module, ids, permanent?}`
 * - `POST restore` `{module, ids, touch?}`
 * - `POST drift` `{module, share?}`
 * - `POST late` `{module, ms}`
 * - `POST date` `{module, ids, at}`
 * - `POST lose-time` `{module, ids}`
 * - `POST hide` `{module, field}`
 * - `POST tokens` `{expire?, revoke?, grant?}`
 */
export function adminOf(parts: AdminParts): Handler {
  return async (request) => {
    const [, , what = '', name = ''] = request.path.split('/');
    try {
      if (request.method === 'GET') return read(parts, what, name, request);
      if (request.method === 'DELETE' && what === 'faults') {
        parts.faults.clear();
        return json(200, {});
      }
      if (request.method !== 'POST') return invalidMethod();
      const order: unknown = request.body.length === 0 ? {} : JSON.parse(request.body.toString());
      const done = carriedOut(parts, what, order);
      return done ? json(200, done) : invalidUrl();
    } catch (error) {
      if (isRefusable(error)) return refusal(400, 'INVALID_DATA', error.message);
      throw error;
    }
  };
}

/** Whether the order is at fault, not the sandbox. */
const isRefusable = (error: unknown): error is Error =>
  error instanceof InvalidFault || error instanceof SyntaxError || error instanceof RangeError || error instanceof v.ValiError;

function read({org, jobs, faults, meters}: AdminParts, what: string, name: string, {query}: SandboxRequest): Answer {
  switch (what) {
    case 'truth':
      return {status: 200, headers: {'content-type': 'application/x-ndjson'}, body: truth(org, name, query.get('since'))};
    case 'readers':
      return json(200, org.readers(known(org, name).name));
    case 'modules':
      return json(200, {modules: org.capturable.map((module) => ({name: module, count: org.module(module).count}))});
    case 'meters':
      return json(200, meters.reading());
    case 'faults':
      return json(200, {faults: faults.reading()});
    case 'clock':
      return json(200, {now: new Date(org.clock.nowMs()).toISOString()});
    case 'jobs':
      return json(200, {
        jobs: jobs.all.map((job) => ({
          id: job.id,
          module: job.query.module.name,
          page: job.place.page,
          state: jobs.stateOf(job),
        })),
      });
    default:
      return invalidUrl();
  }
}

/** The expected documents as lines; an unknown module fails before the first. */
function truth(org: Org, name: string, since: string | null): AsyncIterable<Uint8Array> {
  const sinceS = since === null ? undefined : Math.floor(Date.parse(since) / 1_000);
  if (Number.isNaN(sinceS)) throw new RangeError(`Cannot read since=${since} as a time`);
  return inPieces(org.truth(known(org, name).name, sinceS));
}

async function* inPieces(documents: Iterable<string>): AsyncGenerator<Uint8Array, void, void> {
  let lines: string[] = [];
  for (const document of documents) {
    lines.push(document);
    if (lines.length < documentsPerPiece) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

const texts = v.array(v.string());
const module = v.string();
const ids = texts;
const changes = v.optional(v.record(v.string(), v.nullable(v.union([v.string(), texts]))));

/** What each `POST` accepts. */
const orders = {
  clock: v.object({advanceMs: v.pipe(v.number(), v.minValue(0))}),
  faults: v.object({add: v.string()}),
  churn: v.object({steps: v.number(), seed: v.optional(v.number(), 1), modules: v.optional(texts)}),
  edit: v.object({module, ids, changes}),
  insert: v.object({module, count: v.optional(v.number(), 1), changes}),
  delete: v.object({module, ids, permanent: v.optional(v.boolean(), false)}),
  restore: v.object({module, ids, touch: v.optional(v.boolean(), true)}),
  drift: v.object({module, share: v.optional(v.number(), 1)}),
  late: v.object({module, ms: v.number()}),
  date: v.object({module, ids, at: v.pipe(v.string(), v.isoTimestamp())}),
  loseTime: v.object({module, ids}),
  hide: v.object({module, field: v.string()}),
  tokens: v.object({expire: v.optional(v.boolean()), revoke: v.optional(v.boolean()), grant: v.optional(v.boolean())}),
};

/** Carries out a `POST`; returns its answer. */
function carriedOut({org, faults, tokens}: AdminParts, what: string, given: unknown): object | undefined {
  switch (what) {
    case 'clock':
      org.clock.advance(v.parse(orders.clock, given).advanceMs);
      return {now: new Date(org.clock.nowMs()).toISOString()};
    case 'switches':
      org.switch(switchesFrom(given));
      return {};
    case 'faults':
      faults.add(v.parse(orders.faults, given).add);
      return {};
    case 'churn':
      return churned(org, v.parse(orders.churn, given));
    case 'tokens':
      return steerTokens(tokens, v.parse(orders.tokens, given));
    default:
      return changed(org, what, given);
  }
}

/** Changes records; `undefined` for an order of another kind. */
function changed(org: Org, what: string, given: unknown): object | undefined {
  switch (what) {
    case 'edit': {
      const order = v.parse(orders.edit, given);
      known(org, order.module).massEdit(order.ids, order.changes);
      return {};
    }
    case 'insert': {
      const order = v.parse(orders.insert, given);
      return {ids: known(org, order.module).insert(order.count, order.changes)};
    }
    case 'delete': {
      const order = v.parse(orders.delete, given);
      for (const id of order.ids) known(org, order.module).delete(id, order);
      return {};
    }
    case 'restore': {
      const order = v.parse(orders.restore, given);
      for (const id of order.ids) known(org, order.module).restore(id, order);
      return {};
    }
    case 'drift': {
      const order = v.parse(orders.drift, given);
      known(org, order.module).driftFormulas(order.share);
      return {};
    }
    case 'late': {
      const order = v.parse(orders.late, given);
      known(org, order.module).setVisibleLate(order.ms);
      return {};
    }
    case 'date': {
      const order = v.parse(orders.date, given);
      known(org, order.module).date(order.ids, Math.floor(Date.parse(order.at) / 1_000));
      return {};
    }
    case 'lose-time': {
      const order = v.parse(orders.loseTime, given);
      known(org, order.module).loseTime(order.ids);
      return {};
    }
    case 'hide': {
      const order = v.parse(orders.hide, given);
      known(org, order.module).hideField(order.field);
      return {};
    }
    default:
      return undefined;
  }
}

function churned(org: Org, {steps, seed, modules}: v.InferOutput<typeof orders.churn>): object {
  const random = randomFrom(seed);
  const counts: Record<string, number> = {};
  for (let i = 0; i < steps; i += 1) {
    const churn = churnStep(org, random, modules && {modules});
    if (churn) counts[churn.what] = (counts[churn.what] ?? 0) + 1;
  }
  return {counts};
}

function steerTokens(tokens: Tokens, {expire, revoke, grant}: v.InferOutput<typeof orders.tokens>): object {
  if (expire) tokens.expireAccess();
  if (revoke) tokens.revoke();
  return grant ? {code: tokens.grant()} : {};
}

/** Accepts only existing switches, with values of the right type. */
function switchesFrom(given: unknown): SwitchChoices {
  const found = v.parse(v.record(v.string(), v.unknown()), given);
  const known: Readonly<Record<string, unknown>> = {...defaults, apiDomain: ''};
  for (const [name, value] of Object.entries(found)) {
    if (typeof value !== typeof known[name]) throw new RangeError(`Cannot set switch ${name} to ${JSON.stringify(value)}`);
  }
  return found;
}

function known(org: Org, name: string): OrgModule {
  const found = org.modules.get(name);
  if (!found) throw new RangeError(`Cannot find module ${name} in the sandbox`);
  return found;
}
