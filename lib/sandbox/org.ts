/** The organisation: its modules and users, generated from a seed. */
import type {SandboxClock} from './clock.ts';
import {OrgModule} from './module.ts';
import type {OrgContext, User} from './org-context.ts';
import {type PointInTime, theEnd} from './point-in-time.ts';
import {activities} from './schema/activities.ts';
import {edgeCases} from './schema/edge-cases.ts';
import type {FieldSpec} from './schema/field.ts';
import type {ModuleSpec} from './schema/module.ts';
import {sales} from './schema/sales.ts';
import {withStockFields} from './schema/stock.ts';
import {type SwitchChoices, type Switches, switched} from './switches.ts';
import {timeWriter, type WriteTime} from './zone.ts';

/** Modules of an organisation by default. */
export const standardModules: readonly ModuleSpec[] = [...sales, ...activities, ...edgeCases].map(withStockFields);

/**
 * Days over which the initial records' `Modified_Time` is spread, until shortly before the clock's
 * start.
 */
const spreadDays = 29;
const spreadEndS = 120;

export interface OrgOptions {
  readonly clock: SandboxClock;
  /**
   * Records of the largest module, of which the others have their share; or of single modules, by
   * name.
   */
  readonly records?: number | Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly switches?: SwitchChoices;
  readonly modules?: readonly ModuleSpec[];
  /** Bounds of the initial records' `Modified_Time`, in epoch seconds. */
  readonly spread?: {readonly fromS: number; readonly toS: number};
}

export class Org {
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly users: readonly User[];
  readonly modules: ReadonlyMap<string, OrgModule>;
  #switches: Switches;
  #writeTime: WriteTime;
  #seq = 0;
  #settledMs = 0;

  constructor({clock, records = 1_000, seed = 1, switches = {}, modules = standardModules, spread}: OrgOptions) {
    this.clock = clock;
    this.seed = seed;
    this.#switches = switched(switches);
    this.users = usersOf(12);
    this.#writeTime = timeWriter(this.#switches.zone);
    const context = this.#context();
    const nowS = Math.floor(clock.nowMs() / 1_000);
    const {fromS, toS} = spread ?? {fromS: nowS - spreadDays * 86_400, toS: nowS - spreadEndS};
    const made = new Map<string, OrgModule>();
    for (const [i, spec] of modules.entries()) {
      const count = typeof records === 'number' ? Math.round(records * spec.share) : (records[spec.name] ?? 0);
      made.set(spec.name, new OrgModule(spec, {count, seed, idBase: idBaseOf(spec, i), fromS, toS}, context));
    }
    this.modules = made;
  }

  /** The module of this name, for specs and handlers that know it exists. */
  module(name: string): OrgModule {
    const module = this.modules.get(name);
    if (!module) throw new Error(`Cannot find module ${name} in the sandbox, there are ${[...this.modules.keys()].join(', ')}`);
    return module;
  }

  /**
   * Modules that can be captured: with fields, including `Modified_Time`, and refused by no API.
   */
  get capturable(): string[] {
    return [...this.modules.values()]
      .filter(({spec, fields}) => {
        if (!spec.apiSupported || spec.metadata !== 'fields' || spec.bulkRefusal || spec.coqlRefusal) return false;
        const ordinary = spec.generatedType === 'default' || spec.generatedType === 'custom';
        return ordinary && spec.status === 'visible' && fields.some(({name}) => name === 'Modified_Time');
      })
      .map(({name}) => name)
      .sort();
  }

  /** The current moment. */
  now(): PointInTime {
    return {atMs: this.clock.nowMs(), seq: this.#seq};
  }

  /** Whether everything that ever happened was visible at this time. */
  settledAt(atMs: number): boolean {
    return atMs >= this.#settledMs;
  }

  /** Changes switches at run time. */
  switch(choices: SwitchChoices): void {
    this.#switches = switched(choices, this.#switches);
    this.#writeTime = timeWriter(this.#switches.zone);
    for (const module of this.modules.values()) module.columns.restyle();
  }

  get switches(): Switches {
    return this.#switches;
  }

  /** Writes epoch seconds in the organisation's time zone. */
  get writeTime(): WriteTime {
    return this.#writeTime;
  }

  /**
   * The documents that a complete capture of a module holds, as JSON text, by `id`: records
   * modified at or after `sinceS` (epoch seconds).
   */
  *truth(name: string, sinceS = Number.NEGATIVE_INFINITY): Generator<string, void, void> {
    for (const record of this.module(name).records(theEnd)) {
      if (record.modifiedS >= sinceS) yield record.document();
    }
  }

  /**
   * Which APIs read a module's fields. A field that only one of them reads may be missing in
   * documents from the other.
   */
  readers(name: string): Readers {
    const module = this.module(name);
    const named = (test: (field: FieldSpec) => boolean) =>
      module.fields.filter((field) => field.listed && test(field)).map((field) => field.name);
    const bulk = (field: FieldSpec) => module.readable(field, 'bulk');
    const coql = (field: FieldSpec) => module.readable(field, 'coql');
    return {
      both: named((field) => bulk(field) && coql(field)),
      bulkOnly: named((field) => bulk(field) && !coql(field)),
      coqlOnly: named((field) => !bulk(field) && coql(field)),
      neither: named((field) => !bulk(field) && !coql(field)),
      computed: named((field) => field.computed !== undefined),
    };
  }

  #context(): OrgContext<OrgModule> {
    const {clock, users} = this;
    const current = () => this;
    return {
      clock,
      users,
      get switches() {
        return current().switches;
      },
      get writeTime() {
        return current().writeTime;
      },
      nextSeq: () => (this.#seq += 1),
      happens: (visibleMs) => {
        this.#settledMs = Math.max(this.#settledMs, visibleMs);
      },
      now: () => this.now(),
      module: (name) => this.modules.get(name),
    };
  }
}

export interface Readers {
  readonly both: readonly string[];
  readonly bulkOnly: readonly string[];
  readonly coqlOnly: readonly string[];
  readonly neither: readonly string[];
  readonly computed: readonly string[];
}

/** Ids of most modules have 19 digits; those of Contacts and Tasks grow from 18 to 19. */
function idBaseOf({name}: ModuleSpec, place: number): bigint {
  if (name === 'Contacts') return 999_999_999_999_999_000n;
  if (name === 'Tasks') return 999_999_999_999_900_007n;
  return 5_725_767_000_000_000_000n + BigInt(place) * 100_000_000_000n + 524_157n;
}

function usersOf(count: number): User[] {
  const firstNames = ['Amelia', 'Björn', 'Chidi', 'Dana', 'Eun-ji', 'Farid'];
  const lastNames = ['Burrows', 'Ångström', "O'Neill", 'de la Cruz', '佐藤', 'Zhang'];
  return Array.from({length: count}, (_, i) => ({
    id: String(5_725_767_000_000_390_001n + BigInt(i) * 1_003n),
    firstName: firstNames[i % firstNames.length]!,
    lastName: lastNames[(i * 5) % lastNames.length]!,
  }));
}
