/**
 * Requests of the Flow runtime, parsed, and the lines that answer them (flow-protocol sheet 1.4,
 * 2).
 */
import * as v from 'valibot';
import {ConfigError} from '../errors/errors.ts';
import {must, parse} from '../errors/validation.ts';
import {jsonOf} from '../platform/json.ts';
import {isTable} from '../platform/own-property.ts';
import type {DiscoveredBinding} from './discover.ts';
import {fullRange, type KeyRange} from './shard.ts';
import {stateKeyOf} from './state-key.ts';

/** A binding that Flow wants to have validated. */
export interface ValidateBinding {
  readonly resourceConfig: unknown;
  /** Name of the bound collection. */
  readonly collection: string;
  /** The collection's key; empty when the request does not tell it. */
  readonly key: readonly string[];
}

/** A binding of an open capture. */
export interface OpenBinding {
  /**
   * Index in the request, which `captured` documents name. Never persisted: it changes as bindings
   * come and go.
   */
  readonly index: number;
  readonly resourceConfig: unknown;
  readonly collection: string;
  /** The collection's key; empty when the request does not tell it. */
  readonly key: readonly string[];
  /** The key of its state. */
  readonly stateKey: string;
}

export interface OpenRequest {
  readonly kind: 'open';
  /** Name of the capture. */
  readonly name: string;
  readonly config: unknown;
  readonly bindings: readonly OpenBinding[];
  readonly range: KeyRange;
  /** The reduced state; an empty object for a new task. */
  readonly state: unknown;
}

export interface ValidateRequest {
  readonly kind: 'validate';
  readonly config: unknown;
  readonly bindings: readonly ValidateBinding[];
}

export type Request =
  | {readonly kind: 'spec'}
  | {readonly kind: 'discover'; readonly config: unknown}
  | ValidateRequest
  | {readonly kind: 'apply'}
  | OpenRequest
  | {readonly kind: 'acknowledge'};

// As in proto3, a missing property or null means its default. Unknown properties are ignored;
// 64-bit numbers are strings.
const object = must('an object');
const list = <S extends v.GenericSchema>(item: S) => v.nullish(v.array(item, must('an array')), []);
const text = v.nullish(v.string(must('a string')), '');
const integer = v.nullish(
  v.pipe(
    v.union([v.number(), v.string()], must('a whole number')),
    v.transform((value) => (value === '' ? Number.NaN : Number(value))),
    v.check((value) => Number.isSafeInteger(value) && value >= 0, 'must be a whole number'),
  ),
  0,
);

const collection = v.object({name: text, key: list(v.string(must('a string')))}, object);
type Collection = v.InferOutput<typeof collection>;
const linkedCollections = list(collection);
const bound = {
  resourceConfig: v.nullish(v.unknown(), {}),
  collection: v.nullish(collection),
  collectionIndex: integer,
  backfill: integer,
};
const captureSchema = v.object(
  {
    name: text,
    config: v.nullish(v.unknown(), {}),
    bindings: list(v.object({...bound, resourcePath: list(v.string(must('a string'))), stateKey: text}, object)),
    linkedCollections,
  },
  object,
);

const schemas = {
  spec: v.object({}, object),
  discover: v.object({config: v.nullish(v.unknown(), {})}, object),
  validate: v.object({config: v.nullish(v.unknown(), {}), bindings: list(v.object(bound, object)), linkedCollections}, object),
  apply: v.object({}, object),
  open: v.object(
    {
      capture: v.nullish(captureSchema, {}),
      range: v.nullish(v.object({keyBegin: integer, keyEnd: integer}, object)),
      state: v.nullish(v.unknown(), {}),
    },
    object,
  ),
  acknowledge: v.object({}, object),
};
type Kind = keyof typeof schemas;
const kinds = Object.keys(schemas) as Kind[];

/**
 * Parses one line from the runtime. Throws ConfigError that says what is wrong with request
 * `number` (from 1), without its content.
 */
export function parseRequest(line: string, number: number): Request {
  const message = checked(v.record(v.string(), v.unknown(), object), json(line, number), `request ${number}`);
  const found = kinds.filter((kind) => message[kind] !== undefined && message[kind] !== null);
  const [kind] = found;
  if (kind === undefined) throw new ConfigError(`Cannot read request ${number}: it is none of ${kinds.join(', ')}`);
  if (found.length > 1) throw new ConfigError(`Cannot read request ${number}: it is ${found.join(' and ')} at once`);
  const what = `request ${number}, ${kind}`;
  switch (kind) {
    case 'discover':
      return {kind, ...checked(schemas.discover, message[kind], what)};
    case 'validate': {
      const {config, bindings, linkedCollections} = checked(schemas.validate, message[kind], what);
      const collections = collectionsOf(bindings, linkedCollections, what);
      return {kind, config, bindings: bindings.map(({resourceConfig}, i) => ({resourceConfig, ...collections[i]!}))};
    }
    case 'open':
      return openRequest(checked(schemas.open, message[kind], what), what);
    default:
      checked(schemas[kind], message[kind], what);
      return {kind};
  }
}

/** A part of a request as its schema has it, or a ConfigError that names the first fault. */
function checked<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  return parse(schema, value, `read ${what}`, {abortEarly: true});
}

function openRequest({capture, range, state}: v.InferOutput<typeof schemas.open>, what: string): OpenRequest {
  const {name, config, bindings, linkedCollections} = capture;
  const collections = collectionsOf(bindings, linkedCollections, what);
  return {
    kind: 'open',
    name,
    config,
    bindings: bindings.map(({resourceConfig, resourcePath, backfill, stateKey}, index) => ({
      index,
      resourceConfig,
      ...collections[index]!,
      stateKey: stateKey || stateKeyOf(resourcePath.length > 0 ? resourcePath : pathOf(resourceConfig), backfill),
    })),
    // No shard has an empty range. A runtime that does not split sends one without ends.
    range: range && (range.keyBegin > 0 || range.keyEnd > 0) ? range : fullRange,
    state,
  };
}

/** The resource path that discovery gives a binding. */
function pathOf(resourceConfig: unknown): string[] {
  return isTable(resourceConfig) && 'name' in resourceConfig ? [String(resourceConfig.name)] : [];
}

/**
 * The collection of each binding: its own, or the linked one that it points to. Never both in one
 * request.
 */
function collectionsOf(
  bindings: readonly {collection?: Collection | null | undefined; collectionIndex: number}[],
  linked: readonly Collection[],
  what: string,
): {readonly collection: string; readonly key: readonly string[]}[] {
  const named = ({name, key}: Collection = {name: '', key: []}) => ({collection: name, key});
  return bindings.map(({collection, collectionIndex}, i) => {
    if (linked.length === 0) return named(collection ?? undefined);
    if (collection) throw new ConfigError(`Cannot read ${what}: binding ${i} has a collection besides linkedCollections`);
    const pointed = linked[collectionIndex];
    if (pointed) return named(pointed);
    throw new ConfigError(`Cannot read ${what}: binding ${i} points to linked collection ${collectionIndex} of ${linked.length}`);
  });
}

function json(line: string, number: number): unknown {
  const value = jsonOf(line);
  if (value === undefined)
    throw new ConfigError(`Cannot read request ${number}: its line of ${line.length} characters is not JSON`);
  return value;
}

/** The answer to a request, as an object with its one kind. Defaults are omitted, as in proto3. */
export const respond = {
  spec: (spec: object) => ({spec}),
  discovered: (bindings: readonly DiscoveredBinding[]) => ({discovered: {bindings}}),
  validated: (resourcePaths: readonly (readonly string[])[]) => ({
    validated: {bindings: resourcePaths.map((resourcePath) => ({resourcePath}))},
  }),
  applied: (actionDescription: string) => ({applied: {actionDescription}}),
  opened: () => ({opened: {explicitAcknowledgements: false}}),
};
