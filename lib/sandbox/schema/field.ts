/** A field of a module: its metadata, which APIs read it, and how its values are generated. */
import {mix} from '../hash.ts';

/**
 * A value as stored: numbers, booleans, dates and ids as their text, datetimes as epoch seconds in
 * digits, lists as their entries, structured values as compact JSON text. `null` is no value. An
 * empty text or list is a value, though Bulk Read's CSV hides it.
 */
export type Value = string | readonly string[] | null;

/** How each API writes a field's values, independent of the declared type. */
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

/** Generates a value from a number that differs by record, field and change. */
export type Make = (h: number, index: number) => Value;

export interface FieldSpec {
  readonly name: string;
  readonly label: string;
  readonly dataType: string;
  readonly jsonType: string;
  readonly kind: Kind;
  readonly make: Make;
  /** How many of 256 records have no value. */
  readonly blanks: number;
  readonly custom: boolean;
  /** A formula or roll-up summary, whose value is derived. */
  readonly computed?: 'formula' | 'rollup_summary';
  readonly returnType?: string;
  readonly dynamic?: boolean;
  readonly picks?: readonly string[];
  /** The module of a lookup. */
  readonly target?: string;
  /** How COQL writes the target of a reference; Bulk Read writes the value alone. */
  readonly object?: (value: string) => object;
  /**
   * Columns that Bulk Read adds to its file after this one, by the name after the dot, with their
   * values (zoho-api sheet 12).
   */
  readonly added?: Readonly<Record<string, (value: string) => string>>;
  /** Which APIs read the field. */
  readonly bulk: boolean;
  readonly coql: boolean;
  readonly filterable: boolean;
  /** Whether metadata list it, and whether this user may see it. */
  readonly listed: boolean;
  readonly visible: boolean;
  readonly readOnly: boolean;
  readonly length: number;
  readonly decimals?: number;
  /** Further metadata keys. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export type FieldChoices = Partial<Omit<FieldSpec, 'name' | 'dataType' | 'jsonType' | 'kind' | 'make'>>;

/** A field of any type with the usual properties, except those given. */
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

/** One of several, evenly distributed. */
export const pick = <T>(list: readonly T[], h: number): T => list[h % list.length]!;

/** Another number from the same one, for the next choice in a value. */
export const more = (h: number, salt: number): number => mix(h, salt);
