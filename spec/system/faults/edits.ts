/** What people do in an organisation while it is captured. */
import {churnStep} from '../../../lib/sandbox/churn.ts';
import {type Random, randomFrom} from '../../../lib/sandbox/hash.ts';
import type {OrgModule} from '../../../lib/sandbox/module.ts';
import type {Sandbox} from '../../../lib/sandbox/server.ts';

export interface EditsOptions {
  readonly modules: readonly string[];
  readonly everyMs: number;
  /**
   * Whether the deletion of a record was captured. Only then may it come back with its old
   * `Modified_Time`: one that lay in the recycle bin unseen, while it was exported, and comes back
   * so, leaves no trace in any of Zoho's APIs.
   */
  readonly deletionCaptured: (module: string, id: string) => boolean;
}

/** Edits on a timer, by a seeded die. */
export class Edits {
  readonly #sandbox: Sandbox;
  readonly #random: Random;
  readonly #options: EditsOptions;
  readonly #timer: NodeJS.Timeout;
  #lastMs = 0;
  count = 0;

  constructor(sandbox: Sandbox, seed: number, options: EditsOptions) {
    this.#sandbox = sandbox;
    this.#random = randomFrom(seed);
    this.#options = options;
    this.#timer = setInterval(() => this.#step(), options.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** When the last thing happened, rounded up to the second, on the sandbox's clock. */
  get lastMs(): number {
    return this.#lastMs + 1_000;
  }

  #step(): void {
    const {modules, deletionCaptured} = this.#options;
    const {org, clock} = this.#sandbox;
    const name = modules[this.#random(modules.length)]!;
    const module = org.module(name);
    const recycled = recycledIds(module);
    churnStep(org, this.#random, {modules: [name], mostRecords: 10});
    for (const id of recycled) if (!deletionCaptured(name, id) && module.get(id) !== undefined) module.edit(id);
    this.#lastMs = clock.nowMs();
    this.count += 1;
  }
}

function recycledIds(module: OrgModule): string[] {
  return module
    .deletions()
    .filter(({permanent}) => !permanent)
    .map(({id}) => id);
}
