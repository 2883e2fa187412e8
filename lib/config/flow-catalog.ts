/**
 * Flow catalogs as a source of local captures, in the YAML of the connector's documentation: the
 * endpoint is the image or a local command, the config is inline or in a file, and `import:` adds
 * further catalogs.
 */
import {dirname, resolve} from 'node:path';
import * as v from 'valibot';
import {parseDocument} from 'yaml';
import {suggestion} from '../errors/did-you-mean.ts';
import {ConfigError} from '../errors/errors.ts';
import {must, parse, table} from '../errors/validation.ts';
import {stateKeyOf} from '../flow/state-key.ts';
import type {Unseal} from './sops.ts';

/** One enabled binding of a capture. */
export interface SourceBinding {
  readonly resource: unknown;
  readonly collection: string;
  /** Key of the collection, if it is in the catalog. */
  readonly key?: readonly string[];
  readonly stateKey: string;
}

export interface SourceCapture {
  readonly name: string;
  /** Decrypted, not yet validated. */
  readonly config: unknown;
  readonly bindings: readonly SourceBinding[];
}

export interface SourceReader {
  /** Text of a file; rejects with ConfigError when it cannot be read. */
  readonly read: (path: string) => Promise<string>;
  readonly unseal: Unseal;
}

const text = v.pipe(v.string(must('a string')), v.nonEmpty('is empty'));
const object = must('an object');
const configSchema = v.union([text, v.looseObject({}, object)], must('an object, or the path of a file'));

const captureSchema = v.looseObject(
  {
    endpoint: v.looseObject(
      {
        connector: v.optional(v.looseObject({image: v.optional(text), config: configSchema}, object)),
        local: v.optional(v.looseObject({config: configSchema}, object)),
      },
      object,
    ),
    bindings: v.optional(
      v.array(
        v.looseObject(
          {
            resource: v.union([text, v.looseObject({}, object)], must('an object, or the path of a file')),
            target: v.optional(v.union([text, v.looseObject({name: text}, object)], must('the name of a collection'))),
            disable: v.optional(v.boolean(must('true or false'))),
            backfill: v.optional(v.pipe(v.number(must('a number')), v.integer('must be a whole number'))),
          },
          object,
        ),
        must('a list'),
      ),
      [],
    ),
  },
  object,
);

/** The used part of a collection; flowctl validates the rest. */
const keyedSchema = v.looseObject({key: v.array(v.string())});

const catalogSchema = v.looseObject(
  {
    import: v.optional(
      v.array(v.union([text, v.looseObject({url: text}, object)], must('the path of a file')), must('a list')),
      [],
    ),
    captures: v.optional(table(v.unknown(), object), {}),
    collections: v.optional(table(v.unknown(), object), {}),
  },
  object,
);

/** Most imported files: stops a catalog that imports half the disk. */
const importsMax = 1_000;

/**
 * Reads the capture called `name`, or the only one. Follows imports, and prefers captures of this
 * connector to others.
 *
 * @throws ConfigError that names the file, and the place in it.
 */
export async function readSource(path: string, name: string | undefined, reader: SourceReader): Promise<SourceCapture> {
  const {captures, keys} = await contentsOf(path, reader);
  const capture = choose(captures, name, path);
  const spec = parse(captureSchema, capture.spec, `use ${capture.path}, captures.${capture.name}`);
  const endpoint = spec.endpoint.connector ?? spec.endpoint.local;
  if (endpoint === undefined)
    throw new ConfigError(
      `Cannot use ${capture.path}: captures.${capture.name}.endpoint has neither a connector nor a local command`,
    );
  const bindings: SourceBinding[] = [];
  for (const [i, binding] of spec.bindings.entries()) {
    if (binding.disable === true) continue;
    const resource =
      typeof binding.resource === 'string' ? await fileValue(binding.resource, capture.path, reader) : binding.resource;
    const target = typeof binding.target === 'object' ? binding.target.name : binding.target;
    if (target === undefined)
      throw new ConfigError(`Cannot use ${capture.path}: captures.${capture.name}.bindings.${i}.target is missing`);
    const key = keys.get(target);
    bindings.push({
      resource,
      collection: target,
      ...(key && {key}),
      stateKey: stateKeyOf([nameOf(resource)], binding.backfill ?? 0),
    });
  }
  return {name: capture.name, config: await configOf(endpoint.config, capture.path, reader), bindings};
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly spec: unknown;
}

interface Contents {
  readonly captures: readonly Found[];
  /** Keys of collections, by name. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/** All captures of a catalog and its imports, and the keys of its collections. */
async function contentsOf(path: string, reader: SourceReader): Promise<Contents> {
  const captures: Found[] = [];
  const keys = new Map<string, readonly string[]>();
  const paths = [resolve(path)];
  for (let at = 0; at < paths.length; at++) {
    const here = paths[at]!;
    const shown = at === 0 ? path : here;
    const catalog = parse(catalogSchema, parseYaml(await reader.read(here), shown), `use ${shown}`);
    for (const [name, spec] of Object.entries(catalog.captures)) captures.push({name, path: shown, spec});
    for (const [name, spec] of Object.entries(catalog.collections)) if (v.is(keyedSchema, spec)) keys.set(name, spec.key);
    for (const entry of catalog.import) {
      const target = typeof entry === 'string' ? entry : entry.url;
      if (/^[a-z][a-z+]*:\/\//i.test(target))
        throw new ConfigError(`Cannot use ${shown}: it imports ${target}, and only files can be imported here`);
      const next = resolve(dirname(here), target);
      if (!paths.includes(next)) paths.push(next);
      if (paths.length > importsMax) throw new ConfigError(`Cannot use ${path}: it imports more than ${importsMax} files`);
    }
  }
  return {captures, keys};
}

function choose(found: readonly Found[], name: string | undefined, path: string): Found {
  const names = found.map((capture) => capture.name);
  if (name !== undefined) {
    const named = found.find((capture) => capture.name === name);
    if (named !== undefined) return named;
    throw new ConfigError(`Cannot find capture ${name} in ${path}${suggestion(name, names) || `; it has ${listOf(names)}`}`);
  }
  const ours = found.filter(({spec}) => isOurs(spec));
  const likely = ours.length > 0 ? ours : found;
  if (likely.length === 1) return likely[0]!;
  if (likely.length === 0) throw new ConfigError(`Cannot use ${path}: it has no captures`);
  throw new ConfigError(
    `Cannot choose a capture of ${path}: it has ${listOf(likely.map((capture) => capture.name))}; pass --name`,
  );
}

/**
 * Whether a capture is surely this connector's: its image is called `source-zoho`, or it runs a
 * local command of that name.
 */
function isOurs(spec: unknown): boolean {
  const parsed = v.safeParse(captureSchema, spec);
  if (!parsed.success) return false;
  const {connector, local} = parsed.output.endpoint;
  return /(^|\/)source-zoho([:@]|$)/.test(connector?.image ?? '') || JSON.stringify(local?.command ?? '').includes('source-zoho');
}

async function configOf(config: string | object, path: string, reader: SourceReader): Promise<unknown> {
  if (typeof config !== 'string') return reader.unseal(config, `the config in ${path}`);
  return readConfig(resolve(dirname(resolve(path)), config), reader);
}

/** Reads a config file in JSON or YAML, and decrypts what sops encrypted. */
export async function readConfig(path: string, reader: SourceReader): Promise<unknown> {
  return reader.unseal(parseYaml(await reader.read(path), path), path);
}

async function fileValue(file: string, path: string, reader: SourceReader): Promise<unknown> {
  const target = resolve(dirname(resolve(path)), file);
  return parseYaml(await reader.read(target), target);
}

function nameOf(resource: unknown): string {
  return typeof resource === 'object' && resource !== null && 'name' in resource ? String(resource.name) : '';
}

/** The last line of the documentation's sample, which means further bindings. */
const andSoOn = /\n[ \t]*\{\.\.\.\}\s*$/;

/** Reads YAML, and so JSON. Messages name the line, never its content. */
function parseYaml(text: string, path: string): unknown {
  const shown = path === '-' ? 'standard input' : path;
  if (text.trim() === '') throw new ConfigError(`Cannot read ${shown}: it is empty`);
  const document = parseDocument(text.replace(andSoOn, '\n'), {strict: true, uniqueKeys: true, logLevel: 'error'});
  const [error] = document.errors;
  if (error !== undefined) {
    const at = error.linePos?.[0];
    const place = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`;
    const isJson = /\.json$/i.test(path) || (!/\.ya?ml$/i.test(path) && /^\s*[{[]/.test(text));
    const what = isJson ? 'JSON' : `YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`;
    throw new ConfigError(`Cannot read ${shown}${place}: it is not ${what}`);
  }
  try {
    return document.toJS({maxAliasCount: 100});
  } catch (error) {
    // Aliases without an anchor, and those that would expand without end.
    if (error instanceof ReferenceError)
      throw new ConfigError(`Cannot read ${shown}: an alias in it cannot be resolved`, {cause: error});
    throw error;
  }
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
