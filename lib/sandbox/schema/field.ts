/** A field of a module: what metadata say about it, which APIs read it, and how its values come about. */
import {mix} from '../hash.ts';

/**
 * A value as the organisation keeps it: numbers, booleans, dates and ids as their text, datetimes as epoch seconds in digits, lists as
 * their entries, structured values as compact JSON text. `null` is no value; an empty text or list is one, though the CSV of Bulk Read hides it.
 */
export type Value = string | readonly string[] | null;

/** How values of a field are written by each API; not what metadata declare. */
export type Kind =
  | 'id'
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'list'
  | 'tags'
  | 'lookup'
  | 'user'
  | 'reference'
  | 'references'
  | 'json'
  | 'rule'
  | 'alarm';

/** Makes a value from a number that differs by record, field and change. */
export type Make = (h: number, index: number) => Value;

export interface FieldSpec {
  readonly name: string;
  readonly label: string;
  readonly dataType: string;
  readonly jsonType: string;
  readonly kind: Kind;
  readonly make: Make;
  /** Of 256 records, how many have no value. */
  readonly blanks: number;
  readonly custom: boolean;
  /** A formula or roll-up summary, whose value follows from others. */
  readonly computed?: 'formula' | 'rollup_summary';
  readonly returnType?: string;
  readonly dynamic?: boolean;
  readonly picks?: readonly string[];
  /** Module that a lookup points to. */
  readonly target?: string;
  /** How COQL writes what a reference points to; Bulk Read writes the value alone. */
  readonly object?: (value: string) => object;
  /** Columns that Bulk Read adds to its file after this one, by what follows the dot, and their values (zoho-api sheet 12). */
  readonly added?: Readonly<Record<string, (value: string) => string>>;
  /** Which APIs read it. */
  readonly bulk: boolean;
  readonly coql: boolean;
  readonly filterable: boolean;
  /** Whether metadata name it, and whether this user may see it. */
  readonly listed: boolean;
  readonly visible: boolean;
  readonly readOnly: boolean;
  readonly length: number;
  readonly decimals?: number;
  /** Further metadata keys. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export type FieldChoices = Partial<Omit<FieldSpec, 'name' | 'dataType' | 'jsonType' | 'kind' | 'make'>>;

/** A field of any type; what is not chosen is as most fields have it. */
export function field(
  name: string,
  dataType: string,
  jsonType: string,
  kind: Kind,
  make: Make,
  choices: FieldChoices = {},
): FieldSpec {
  return {
    name,
    label: name.replaceAll('_', ' '),
    dataType,
    jsonType,
    kind,
    make,
    blanks: 24,
    custom: false,
    bulk: true,
    coql: true,
    filterable: true,
    listed: true,
    visible: true,
    readOnly: false,
    length: kind === 'text' ? 255 : 50,
    ...choices,
  };
}

/** One of several, evenly. */
export const pick = <T>(list: readonly T[], h: number): T => list[h % list.length]!;

/** Another number from the same one, for the next choice in a value. */
export const more = (h: number, salt: number): number => mix(h, salt);
