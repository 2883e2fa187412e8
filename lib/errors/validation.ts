/** Validation of outside values: valibot's issues in our own words, which never repeat a value. */
import * as v from 'valibot';
import {isTable, setOwn} from '../platform/own-property.ts';
import {ConfigError} from './errors.ts';

export interface ParseOptions {
  /** Stops at the first problem. */
  readonly abortEarly?: boolean;
  /** Further problems, found elsewhere. */
  readonly more?: readonly string[];
  /** What to do about it, at the end of the message. */
  readonly wayOut?: string;
}

/**
 * Validates a value, or throws a ConfigError with all problems in one line: `Cannot <what>:
 * <problems>`.
 */
export function parse<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
  options: ParseOptions = {},
): v.InferOutput<S> {
  const {abortEarly, more = [], wayOut} = options;
  const parsed = v.safeParse(schema, value, {abortEarly});
  if (parsed.success && more.length === 0) return parsed.output;
  const wrong = parsed.success ? more : [problems(parsed.issues), ...more];
  throw new ConfigError(`Cannot ${what}: ${[...wrong, ...(wayOut === undefined ? [] : [wayOut])].join('; ')}`);
}

/** The message of a schema: what the value must be, and which type it has instead. */
export function must(be: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => (issue.received === 'undefined' ? 'is missing' : `must be ${be}, not ${kindOf(issue.input)}`);
}

/** An action that converts text to a value, with `message` for text that gives `undefined`. */
export function reads<T>(read: (text: string) => T | undefined, message: string): v.RawTransformAction<string, T> {
  return v.rawTransform(({dataset, addIssue, NEVER}) => {
    const value = read(dataset.value);
    if (value !== undefined) return value;
    addIssue({message});
    return NEVER;
  });
}

/**
 * A table with arbitrary keys and values of one kind. Like `v.record`, but `constructor`,
 * `prototype` and `__proto__` are keys like any others. Read the table with `own`.
 */
export function table<Output>(
  values: v.GenericSchema<unknown, Output>,
  message: (issue: v.BaseIssue<unknown>) => string = must('an object'),
): v.GenericSchema<unknown, Record<string, Output>> {
  return v.pipe(
    v.custom<Record<string, unknown>>(isTable, message),
    v.rawTransform(({dataset: {value: input}, addIssue}) => {
      const found: Record<string, Output> = {};
      for (const [key, value] of Object.entries(input)) {
        const parsed = v.safeParse(values, value);
        if (parsed.success) setOwn(found, key, parsed.output);
        for (const {message, path = []} of parsed.issues ?? [])
          addIssue({message, path: [{type: 'object', origin: 'value', input, key, value}, ...path]});
      }
      return found;
    }),
  );
}

/**
 * All problems in one line, each with its place: `credentials.client_id is missing; start_date must
 * be ...`.
 */
function problems(issues: readonly v.BaseIssue<unknown>[]): string {
  const lines = issues.map((issue) => `${(v.getDotPath(issue) ?? 'it').slice(0, placeMax)} ${issue.message}`);
  return [...new Set(lines)].join('; ');
}

/**
 * Characters of a place that are shown: it contains names of properties, which may be anything.
 */
const placeMax = 200;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
