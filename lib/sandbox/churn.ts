/**
 * Random, seeded changes of the organisation: edits, inserts, deletions, restores and drifting
 * formulas, one at a time.
 */
import type {Random} from './hash.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';

export interface Churn {
  readonly module: string;
  readonly what: 'edit' | 'mass edit' | 'insert' | 'delete' | 'delete for good' | 'restore' | 'drift';
  readonly records: number;
}

export interface ChurnOptions {
  /** Modules that change; by default all that can be captured. */
  readonly modules?: readonly string[];
  /** The most records that one mass edit or insert changes. */
  readonly mostRecords?: number;
}

/** Makes one random change. Undefined when nothing could be changed. */
export function churnStep(
  org: Org,
  random: Random,
  {modules = org.capturable, mostRecords = 50}: ChurnOptions = {},
): Churn | undefined {
  const name = modules[random(modules.length)];
  if (name === undefined) return undefined;
  const module = org.module(name);
  const die = random(100);
  if (die < 15) return inserted(module, 1 + random(3));
  if (die < 30) return driftedOrRestored(module, random);
  const record = anyRecord(module, random);
  if (!record) return inserted(module, 1);
  if (die < 38) return massEdited(module, random, mostRecords);
  if (die < 48) {
    const permanent = random(4) === 0;
    module.delete(record, {permanent});
    return {module: name, what: permanent ? 'delete for good' : 'delete', records: 1};
  }
  module.edit(record);
  return {module: name, what: 'edit', records: 1};
}

function inserted(module: OrgModule, records: number): Churn {
  module.insert(records);
  return {module: module.name, what: 'insert', records};
}

function massEdited(module: OrgModule, random: Random, mostRecords: number): Churn {
  const ids = new Set(Array.from({length: 2 + random(mostRecords)}, () => anyRecord(module, random)));
  ids.delete(undefined);
  for (const id of ids) if (id !== undefined) module.edit(id);
  return {module: module.name, what: 'mass edit', records: ids.size};
}

function driftedOrRestored(module: OrgModule, random: Random): Churn | undefined {
  const recycled = module.deletions().filter(({permanent}) => !permanent);
  const deletion = recycled[random(Math.max(1, recycled.length))];
  if (deletion && random(2) === 0) {
    module.restore(deletion.id, {touch: random(2) === 0});
    return {module: module.name, what: 'restore', records: 1};
  }
  if (!module.fields.some(({computed}) => computed)) return undefined;
  module.driftFormulas((1 + random(4)) / 4);
  return {module: module.name, what: 'drift', records: 0};
}

/** Random picks before a module counts as empty. */
const throwsMax = 20;

/** The id of a random record, if there is one. */
export function anyRecord(module: OrgModule, random: Random): string | undefined {
  for (let i = 0; i < throwsMax && module.indexEnd > 0; i += 1) {
    const id = module.layout.idTextOf(random(module.indexEnd));
    if (module.get(id)) return id;
  }
  return undefined;
}
