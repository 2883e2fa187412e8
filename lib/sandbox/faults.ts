/** Faults to order: what goes wrong with which calls, how often, and by which throw of a seeded die. */
import {ConfigError} from '../errors/errors.ts';
import {type FaultName, faultList, faultNames} from './fault-list.ts';
import {bodyOf, moduleOf} from './fault-parts.ts';
import {randomFrom} from './hash.ts';
import {type Answer, type CallKind, callKinds, type Handler, type Layer, type SandboxRequest} from './request.ts';

export interface Fault {
  readonly name: FaultName;
  /** Calls of this kind only; otherwise of every kind that the list names for the fault. */
  readonly kind?: CallKind;
  /** Calls about this module only. */
  readonly module?: string;
  /** How many calls it spoils: one, or with a probability any number. */
  readonly count?: number;
  /** Chance with which a call is spoiled that could be; 1 if left out. */
  readonly probability?: number;
}

export interface FaultReading extends Fault {
  /** Calls spoiled so far. */
  readonly hits: number;
}

const dieSides = 2 ** 32;

/** Spoils calls as ordered. The first fault that fits a call has it; a call without what a fault needs is left alone and not counted. */
export class Faults {
  #orders: Order[] = [];
  readonly #random: () => number;
  /** Calls that go on failing once they failed, such as those about a lost job. */
  readonly #lasting = new Map<string, Answer>();

  constructor(seed = 1) {
    const random = randomFrom(seed);
    this.#random = () => random(dieSides) / dieSides;
  }

  /** Orders a fault, after those ordered before: as a value or as text for `parseFault`. */
  add(fault: Fault | string): void {
    const {count, ...rest} = typeof fault === 'string' ? parseFault(fault) : fault;
    this.#orders.push({...rest, count: count ?? (rest.probability === undefined ? 1 : Number.POSITIVE_INFINITY), hits: 0});
  }

  /** Takes back all orders, and lets lost jobs be found again. */
  clear(): void {
    this.#orders = [];
    this.#lasting.clear();
  }

  reading(): FaultReading[] {
    return this.#orders.map((order) => ({...order}));
  }

  /** Calls spoiled so far by faults of one name, or of all. */
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
    // A fault may look at a body and then leave it as it is.
    const answer = instead ? undefined : await inMemory(await next(request));
    const spoiled = answer ? await spoil?.(answer, this.#random) : await instead?.(request, this.#random);
    if (!spoiled) order.hits -= 1;
    else for (const path of lasts?.(request) ?? []) this.#lasting.set(path, spoiled);
    return spoiled ?? answer;
  }
}

/** The same answer, its body at hand for more than one reader. */
async function inMemory(answer: Answer): Promise<Answer> {
  const isStream = answer.body !== undefined && typeof answer.body !== 'string' && !(answer.body instanceof Uint8Array);
  return isStream ? {...answer, body: await bodyOf(answer)} : answer;
}

interface Order extends Fault {
  readonly count: number;
  hits: number;
}

const shape = /^(?<name>[\w-]+)(?::(?<kind>[\w-]+))?(?:\/(?<module>\w+))?(?:\*(?<count>\d+))?(?:@(?<probability>[\d.]+))?$/;

/** Reads `name[:kind][/Module][*count][@probability]`, such as `throttle:coql*3` or `reset@0.05`. Throws a `ConfigError` that says what is wrong. */
export function parseFault(text: string): Fault {
  const {name, kind, module, count, probability} = shape.exec(text)?.groups ?? {};
  const known = faultNames.find((each) => each === name);
  if (!known)
    throw new ConfigError(
      `Cannot order fault "${text}": want name[:kind][/Module][*count][@probability], with a name of ${faultNames.join(', ')}`,
    );
  const knownKind = callKinds.find((each) => each === kind && each !== 'admin');
  if (kind !== undefined && !knownKind)
    throw new ConfigError(
      `Cannot order fault "${text}": there is no kind of call "${kind}", want one of ${callKinds.slice(0, -1).join(', ')}`,
    );
  if (probability !== undefined && !(Number(probability) > 0 && Number(probability) <= 1))
    throw new ConfigError(`Cannot order fault "${text}": a probability lies between 0 and 1`);
  return {
    name: known,
    ...(knownKind && {kind: knownKind}),
    ...(module !== undefined && {module}),
    ...(count !== undefined && {count: Number(count)}),
    ...(probability !== undefined && {probability: Number(probability)}),
  };
}
