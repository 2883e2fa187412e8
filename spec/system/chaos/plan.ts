/**
 * The decisions of a chaos run before each round. They depend on the seed, and on nothing that
 * happens.
 */
import {type FaultName, faultList, faultNames} from '../../../lib/sandbox/fault-list.ts';
import {parseFault} from '../../../lib/sandbox/faults.ts';
import {Random} from '../model/random.ts';

/**
 * Modules that bindings are drawn from: formulas, wide records, ids of 18 digits, fields of one API
 * alone.
 */
export const chaosModules = ['Deals', 'Leads', 'Contacts', 'Products'] as const;

export interface ChaosBinding {
  readonly module: string;
  readonly interval: string;
}

export interface RoundPlan {
  readonly bindings: readonly ChaosBinding[];
  /** A module whose collection is emptied and backfilled again, as Flow resets a binding. */
  readonly reset: string | undefined;
  /** Faults ordered from the sandbox, withdrawn at the end of the round. */
  readonly faults: readonly string[];
  /**
   * Whether the round's bindings are backfilled again after it, as an operator would who reads in
   * the log that a field was refused.
   */
  readonly backfillAfter: boolean;
  /** Real milliseconds between two edits, and their seed. */
  readonly editEveryMs: number;
  readonly editSeed: number;
  /** Milliseconds by which the sandbox's clock jumps ahead, after this many lines. */
  readonly jump: {readonly ms: number; readonly atLine: number} | undefined;
  /**
   * How stdout is read: as it comes, or with a pause after every few lines, which may exceed any
   * timeout of the connector.
   */
  readonly reader: {readonly everyLines: number; readonly pauseMs: number};
  /** The session ends after this many lines or real milliseconds, whichever comes first. */
  readonly lines: number;
  readonly lifeMs: number;
  readonly end: 'SIGKILL' | 'SIGTERM';
  /** Share of the sequences read that the runtime had committed. */
  readonly committed: number;
  /** Whether the commit ended just before the largest later sequence. */
  readonly beforeLargest: boolean;
  /** Whether changes become visible late, in milliseconds of the sandbox's clock. */
  readonly lateMs: number;
}

/** Faults that may end a capture, or pause a module for long. They come once in a round. */
const definite: readonly FaultName[] = [
  'scope-mismatch',
  'no-permission',
  'token-revoked',
  'token-throttle',
  'redirect',
  'foreign-url',
  'refused-module',
];
/** Removes a field. It is missing from records read meanwhile until they change again. */
const fieldFault: FaultName = 'refused-field';
/** Faults that take real time. */
const slow: readonly FaultName[] = ['stall', 'stall-body', 'drip'];
const ordinary = faultNames.filter((name) => ![...definite, fieldFault, ...slow].includes(name));

/** The plan of one round. The same seed and number always give the same plan. */
export function roundPlan(seed: number, round: number): RoundPlan {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b));
  for (let i = 0; i < 4; i++) random.next();
  const faults = faultsOf(random);
  return {
    bindings: bindingsOf(random),
    reset: random.chance(faults.some(needsJobs) ? 0.8 : 0.3) ? random.pick(chaosModules.slice(0, 2)) : undefined,
    faults,
    backfillAfter: faults.some((order) => faultOf(order) === fieldFault),
    editEveryMs: random.pick([5, 20, 60]),
    editSeed: random.below(2 ** 31),
    jump: random.chance(0.35) ? {ms: random.pick([90_000, 3_700_000, 90_000_000]), atLine: 1 + random.below(120)} : undefined,
    reader: random.pick([
      {everyLines: 0, pauseMs: 0},
      {everyLines: 0, pauseMs: 0},
      {everyLines: 40, pauseMs: 2},
      {everyLines: 800, pauseMs: 600},
    ]),
    lines: random.chance(0.15) ? 1 + random.below(12) : 20 + random.below(4_000),
    lifeMs: 300 + random.below(1_700),
    end: random.chance(0.7) ? 'SIGKILL' : 'SIGTERM',
    committed: random.chance(0.3) ? 1 : random.next(),
    beforeLargest: random.chance(0.4),
    lateMs: random.pick([0, 0, 20_000, 40_000]),
  };
}

/** Some of the modules, in any order; most of them stay from round to round. */
function bindingsOf(random: Random): ChaosBinding[] {
  const chosen = chaosModules.filter((_, i) => i < 2 || random.chance(0.6));
  for (let i = chosen.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [chosen[i], chosen[other]] = [chosen[other]!, chosen[i]!];
  }
  return chosen.map((module) => ({module, interval: random.pick(['PT0S', 'PT5S', 'PT20S'])}));
}

function faultsOf(random: Random): string[] {
  const orders: string[] = [];
  if (random.chance(0.3)) return orders;
  const kinds = 1 + random.below(6);
  for (let i = 0; i < kinds; i++) {
    const name = random.pick(ordinary);
    // Jobs and downloads are few, so their faults must be likely.
    const probability = random.pick(faultList[name].kinds.length > 1 ? [0.01, 0.03, 0.15] : [0.2, 0.5, 0.9]);
    orders.push(`${name}@${probability}`);
  }
  if (random.chance(0.2)) orders.push(`${random.pick(slow)}*1`);
  if (random.chance(0.4)) orders.push(`${random.pick(definite)}*1`);
  if (random.chance(0.15)) orders.push(`${fieldFault}${random.pick(['', ':create', ':coql'])}*${1 + random.below(3)}`);
  return orders;
}

/** Whether only bulk jobs can meet an order. It then needs a round with some. */
function needsJobs(order: string): boolean {
  const kinds: readonly string[] = faultList[parseFault(order).name].kinds;
  return kinds.every((kind) => kind === 'create' || kind === 'status' || kind === 'result');
}

/** The name of the fault that an order is for. */
export function faultOf(order: string): FaultName {
  return parseFault(order).name;
}
