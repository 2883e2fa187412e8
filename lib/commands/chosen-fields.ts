/** `--fields`: the fields that a capture takes from each module. */
import {didYouMean} from '../errors/did-you-mean.ts';
import {ConfigError} from '../errors/errors.ts';
import type {Field} from '../records/field.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {overriding} from '../zoho/overriding.ts';

/** Identifies and dates a record; part of every choice. */
const always = ['id', 'Modified_Time', 'Created_Time'];

/**
 * A choice as people write it: `Last_Name` of every module, `Leads.Last_Name` of one. A module
 * without a choice keeps all its fields.
 */
export class ChosenFields {
  readonly #chosen: readonly {readonly module: string | undefined; readonly field: string; readonly text: string}[];
  /** Names of all fields of each module that was read. */
  readonly #known = new Map<string, readonly string[]>();

  constructor(texts: readonly string[]) {
    this.#chosen = texts.map((text) => {
      const dot = text.indexOf('.');
      return {module: dot < 0 ? undefined : text.slice(0, dot), field: text.slice(dot + 1), text};
    });
  }

  /** The client, limited to the chosen fields of its modules. */
  only(client: ZohoClient): ZohoClient {
    return overriding(client, {
      fields: async (module, signal) => {
        const fields = await client.fields(module, signal);
        return fields && this.#of(module, fields);
      },
    });
  }

  #of(module: string, fields: readonly Field[]): readonly Field[] {
    this.#known.set(
      module,
      fields.map(({name}) => name),
    );
    const own = this.#chosen.filter((each) => each.module === undefined || each.module === module);
    if (own.length === 0) return fields;
    const names = new Set([...always, ...own.map(({field}) => field)]);
    return fields.filter(({name}) => names.has(name));
  }

  /**
   * Called once the fields of all modules are known. Throws ConfigError for a choice that no module
   * has.
   */
  refuseUnknown(modules: readonly string[]): void {
    for (const {module, field, text} of this.#chosen) {
      if (module !== undefined && !modules.includes(module)) {
        throw new ConfigError(
          `Cannot choose field ${text}: module ${module} is not captured${meant(module, modules, (name) => `${name}.${field}`)}`,
        );
      }
      const where = module === undefined ? modules : [module];
      const known = [...new Set(where.flatMap((name) => this.#known.get(name) ?? []))];
      if (known.includes(field)) continue;
      const place = module === undefined ? 'no module of this capture has it' : `module ${module} does not have it`;
      const whole = (name: string): string => (module === undefined ? name : `${module}.${name}`);
      throw new ConfigError(`Cannot choose field ${text}: ${place}${meant(field, known, whole)}`);
    }
  }

  /** The choice as canonical text. */
  toString(): string {
    return [...new Set(this.#chosen.map(({text}) => text))].sort().join(',');
  }
}

function meant(word: string, known: readonly string[], whole: (name: string) => string): string {
  const name = didYouMean(word, known);
  return name === undefined ? '' : `, did you mean ${whole(name)}?`;
}
