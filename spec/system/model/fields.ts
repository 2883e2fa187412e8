/**
 * The fields of the model's module: which there are at a moment, who reads them, and their values.
 */
import {ZohoError} from '../../../lib/errors/errors.ts';
import type {Field} from '../../../lib/records/field.ts';
import {textField} from '../../harness/fields.ts';
import type {Seen} from './org.ts';
import type {Random} from './random.ts';

type Api = 'bulk' | 'coql';

const always: readonly Field[] = [
  textField('id', {type: 'id', dataType: 'bigint'}),
  textField('Modified_Time', {type: 'datetime', dataType: 'datetime'}),
  textField('Name'),
  textField('Score', {type: 'integer', dataType: 'formula', jsonType: 'integer', computed: true}),
  textField('Image', {coql: false}),
  textField('Extra'),
];
const late = textField('Late');

/** More fields than a job may name. */
const filling = Array.from({length: 200}, (_, i) => textField(`Fill_${String(i).padStart(3, '0')}`));

/** A refusal of `Extra`: how often an API has it left, and from when on. */
interface Refusal {
  readonly api: Api;
  readonly forGood: boolean;
  readonly fromMs: number;
  left: number;
}

export interface FieldsOptions {
  /**
   * Whether there may be too many for a job. A Zoho that serves a row at a time would take the
   * machine minutes for so many columns.
   */
  readonly mayBeWide: boolean;
  /**
   * Otherwise they stay as they are and both APIs read all of them, so that only the schedule leads
   * to refreshes.
   */
  readonly mayChange: boolean;
  readonly mayBeRefused: boolean;
}

/**
 * What becomes of the fields in one run: one is made while people work, one is refused, and there
 * may be too many for a job.
 */
export class ModelFields {
  /** When people get the field `Late`; undefined, never. */
  readonly madeMs: number | undefined;
  readonly #refusal: Refusal | undefined;
  readonly #isWide: boolean;
  readonly #mayChange: boolean;
  readonly #nowMs: () => number;

  constructor(random: Random, nowMs: () => number, busyMs: number, {mayBeWide, mayChange, mayBeRefused}: FieldsOptions) {
    const inBusyTime = (): number => nowMs() + random.below(busyMs);
    this.#nowMs = nowMs;
    this.#mayChange = mayChange;
    this.madeMs = random.chance(0.6) && mayChange ? inBusyTime() : undefined;
    this.#isWide = random.chance(0.15) && mayBeWide && mayChange;
    const api = random.pick(['bulk', 'coql', 'coql'] as const);
    const forGood = random.chance(0.4);
    const fromMs = random.chance(0.4) ? nowMs() : inBusyTime();
    this.#refusal = random.chance(0.5) && mayBeRefused ? {api, forGood, fromMs, left: 1} : undefined;
  }

  /** As metadata list them now. */
  get listed(): readonly Field[] {
    const isMade = this.madeMs !== undefined && this.#nowMs() >= this.madeMs;
    const here = this.#mayChange ? always : always.filter(({coql}) => coql);
    return [...here, ...(isMade ? [late] : []), ...(this.#isWide ? filling : [])];
  }

  /** Whether a field is made or refused in this run. */
  get mayOwe(): boolean {
    return this.madeMs !== undefined || this.#refusal !== undefined;
  }

  /**
   * Refuses nothing more but what is refused for good. Returns whether something was refused for a
   * while.
   */
  rest(): boolean {
    const refusal = this.#refusal;
    if (refusal === undefined || refusal.forGood) return false;
    const was = refusal.left === 0;
    refusal.left = 0;
    return was;
  }

  /** Fields that a capture must have the last values of. */
  get promised(): readonly string[] {
    const lost = this.#refusal?.forGood === true && this.#refusal.api === 'bulk' ? 'Extra' : undefined;
    return this.listed.map(({name}) => name).filter((name) => name !== lost && name !== 'id');
  }

  /** Throws when an API refuses one of the fields asked for. */
  check(api: Api, names: readonly string[]): void {
    const refusal = this.#refusal;
    if (refusal?.api !== api || this.#nowMs() < refusal.fromMs || refusal.left === 0 || !names.includes('Extra')) return;
    if (!refusal.forGood) refusal.left--;
    throw new ZohoError('field', 'Zoho refuses the field Extra', {field: 'Extra'});
  }
}

/** A value as text; undefined for none. */
export function textOf(row: Seen, name: string): string | undefined {
  if (name === 'Name') return row.name;
  if (name === 'Score') return String(row.score);
  if (name === 'Late') return row.late;
  return `${name} of ${row.name}`;
}
