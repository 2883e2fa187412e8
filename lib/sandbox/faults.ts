/**
 * Faults to order: what goes wrong with which calls, how often, and with what (seeded) probability.
 */
import {type FaultName, faultList, faultNames} from './fault-list.ts';
import {bodyOf, moduleOf} from './fault-parts.ts';
import {randomFrom} from './hash.ts';
import {type Answer, type CallKind, callKinds, type Handler, type Layer, type SandboxRequest} from './request.ts';

export interface Fault {
  readonly name: FaultName;
  /** Only calls of this kind; by default every kind that the list names for the fault. */
  readonly kind?: CallKind;
  /** Only calls about this module. */
  readonly module?: string;
  /** How many calls it affects: one by default, unlimited with a probability. */
  readonly count?: number;
  /** The chance that a matching call is affected; 1 by default. */
  readonly probability?: number;
}

export interface FaultReading extends Fault {
  /** Calls affected so far. */
  readonly hits: number;
}

const dieSides = 2 ** 32;

/**
 * Applies the ordered faults. The first fault that matches a call takes it. A call without what a
 * fault needs passes unchanged and does not count.
 */
export class Faults {
  #orders: Order[] = [];
  readonly #random: () => number;
  /** Calls that keep failing once they failed, such as those about a lost job. */
  readonly #lasting = new Map<string, Answer>();

  constructor(seed = 1) {
    const random = randomFrom(seed);
    this.#random = () => random(dieSides) / dieSides;
  }

  /** Orders a fault, after those already ordered: as a value, or as text for `parseFault`. */
  add(fault: Fault | string): void {
    const {count, ...rest} = typeof fault === 'string' ? parseFault(fault) : fault;
    this.#orders.push({...rest, count: count ?? (rest.probability === undefined ? 1 : Number.POSITIVE_INFINITY), hits: 0});
  }

  /** Removes all faults, and makes lost jobs available again. */
  clear(): void {
    this.#orders = [];
    this.#lasting.clear();
  }

  reading(): FaultReading[] {
    return this.#orders.map((order) => ({...order}));
  }

  /** Calls affected so far by the faults of one name, or by all. */
  hits(name?: FaultName): number {
    return this.#orders.filter((order) => name === undefined || order.name === name).reduce((sum, {hits}) => sum + hits, 0);
  }

  readonly layer: Layer = async (request, next) => {
    if (request.kind === 'admin') return next(request);
    const lasting = this.#lasting.get(request.path);
    if (lasting) return lasting;
    for (const order of this.#orders) {
      const answer = this.#drawn(order, request) ? await this.#spoil(order, request, next) : undefined;
      if (answer) return answer;
    }
    return next(request);
  };

  #drawn(order: Order, request: SandboxRequest): boolean {
    const kinds: readonly CallKind[] = order.kind ? [order.kind] : faultList[order.name].kinds;
    if (order.hits >= order.count || !kinds.includes(request.kind)) return false;
    if (order.module !== undefined && order.module !== moduleOf(request)) return false;
    return order.probability === undefined || this.#random() < order.probability;
  }

  async #spoil(order: Order, request: SandboxRequest, next: Handler): Promise<Answer | undefined> {
    const {instead, spoil, lasts} = faultList[order.name];
    order.hits += 1;
    // A fault may read a body and then leave it unchanged.
    const answer = instead ? undefined : await inMemory(await next(request));
    const spoiled = answer ? await spoil?.(answer, this.#random) : await instead?.(request, this.#random);
    if (!spoiled) order.hits -= 1;
    else for (const path of lasts?.(request) ?? []) this.#lasting.set(path, spoiled);
    return spoiled ?? answer;
  }
}

/** The same answer with its body in memory, for more than one reader. */
async function inMemory(answer: Answer): Promise<Answer> {
  const isStream = answer.body !== undefined && typeof answer.body !== 'string' && !(answer.body instanceof Uint8Array);
  return isStream ? {...answer, body: await bodyOf(answer)} : answer;
}

interface Order extends Fault {
  readonly count: number;
  hits: number;
}

/** A fault that cannot be ordered, because its text is not one. */
export class InvalidFault extends Error {
  override readonly name = 'InvalidFault';
}

const shape = /^(?<name>[\w-]+)(?::(?<kind>[\w-]+))?(?:\/(?<module>\w+))?(?:\*(?<count>\d+))?(?:@(?<probability>[\d.]+))?$/;

/**
 * Parses `name[:kind][/Module][*count][@probability]`, such as `throttle:coql*3` or `reset@0.05`.
 * Throws an `InvalidFault` that says what is wrong.
 */
export function parseFault(text: string): Fault {
  const {name, kind, module, count, probability} = shape.exec(text)?.groups ?? {};
  const known = faultNames.find((each) => each === name);
  if (!known)
    throw new InvalidFault(
      `Cannot order fault "${text}": want name[:kind][/Module][*count][@probability], with a name of ${faultNames.join(', ')}`,
    );
  const knownKind = callKinds.find((each) => each === kind && each !== 'admin');
  if (kind !== undefined && !knownKind)
    throw new InvalidFault(
      `Cannot order fault "${text}": there is no kind of call "${kind}", want one of ${callKinds.slice(0, -1).join(', ')}`,
    );
  if (probability !== undefined && !(Number(probability) > 0 && Number(probability) <= 1))
    throw new InvalidFault(`Cannot order fault "${text}": a probability lies between 0 and 1`);
  return {
    name: known,
    ...(knownKind && {kind: knownKind}),
    ...(module !== undefined && {module}),
    ...(count !== undefined && {count: Number(count)}),
    ...(probability !== undefined && {probability: Number(probability)}),
  };
}
