/** What was deleted of one module, for as long as its feed lists it. */
import type {Switches} from './switches.ts';

/** A row of the feed of deleted records. */
export interface Deletion {
  readonly id: string;
  readonly name: string;
  readonly deletedMs: number;
  readonly permanent: boolean;
  readonly seq: number;
}

const dayMs = 86_400_000;

export class Deletions {
  readonly #byId = new Map<string, Deletion>();

  get(id: string): Deletion | undefined {
    return this.#byId.get(id);
  }

  /** Takes the place of an earlier deletion of the same record. */
  add(deletion: Deletion): void {
    this.#byId.set(deletion.id, deletion);
  }

  remove(id: string): void {
    this.#byId.delete(id);
  }

  /** Those that Zoho still keeps, unordered. */
  kept(nowMs: number, {recycledLifeDays, permanentLifeDays}: Switches): Deletion[] {
    return [...this.#byId.values()].filter(
      ({deletedMs, permanent}) => nowMs - deletedMs < (permanent ? permanentLifeDays : recycledLifeDays) * dayMs,
    );
  }
}
