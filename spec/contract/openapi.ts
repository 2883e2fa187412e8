/** Zoho's OpenAPI files as judges of exchanges: which operation a call is, and what of it and of its answer is against the file. */
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** Where a file is at fault against Zoho's own documentation, and what it should say. */
export interface FileFault {
  /** What is wrong, for people. */
  readonly what: string;
  readonly file: string;
  /** Path to the object that is changed. */
  readonly at: readonly string[];
  /** Mends the object in place. */
  readonly mend: (node: JsonObject) => void;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly status: number;
  readonly contentType: string | undefined;
  /** Undefined for an answer that is no text. */
  readonly answer: string | undefined;
}

interface Operation {
  readonly file: string;
  readonly path: string;
  readonly method: string;
  readonly shape: RegExp;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Formats of the files; an identifier of 19 digits is a text of format `int64` there. */
const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uri: /^https?:\/\//,
  int32: true,
  int64: true,
  double: true,
  float: true,
  binary: true,
} as const;

export class OpenApi {
  readonly #files = new Map<string, JsonObject>();
  readonly #operations: Operation[] = [];
  readonly #ajv = new Ajv2020({strict: false, allErrors: true, formats});

  /** Reads the files of a folder, with their faults mended. A fault whose place is not there is an error: the list must stay true. */
  static async read(folder: string, prefixes: Readonly<Record<string, string>>, faults: readonly FileFault[]): Promise<OpenApi> {
    const api = new OpenApi();
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json'))) {
      api.#files.set(file, JSON.parse(await readFile(join(folder, file), 'utf8')));
    }
    for (const fault of faults) fault.mend(api.#nodeOf(fault));
    for (const [file, document] of api.#files) {
      api.#ajv.addSchema(localised(document, api.#files) as object, file);
      for (const [path, item] of Object.entries(document.paths as JsonObject)) {
        for (const method of methods.filter((name) => name in (item as JsonObject))) {
          api.#operations.push({file, path, method, shape: shapeOf((prefixes[file] ?? '') + path)});
        }
      }
    }
    // The path without parameters comes before one that would take it, too.
    const parameters = ({path}: Operation) => path.split('{').length;
    api.#operations.sort((a, b) => parameters(a) - parameters(b));
    return api;
  }

  /** What of a call and its answer is against the file, one line a finding. A call that no file knows is one, too. */
  check(exchange: Exchange): string[] {
    const operation = this.#operations.find(
      ({method, shape}) => method === exchange.method.toLowerCase() && shape.test(exchange.path),
    );
    if (!operation) return [`no operation for ${exchange.method} ${exchange.path}`];
    return [...this.#request(operation, exchange), ...this.#answer(operation, exchange)];
  }

  *#request(operation: Operation, {query, headers, body}: Exchange): Generator<string, void, void> {
    const place = [operation.file, 'paths', operation.path, operation.method];
    const {parameters = [], requestBody} = this.#at(place) as {parameters?: Json[]; requestBody?: JsonObject};
    const known = parameters.map((parameter, i) => this.#resolved(parameter, [...place, 'parameters', String(i)]));
    const named = (where: string) => known.filter(({value}) => value.in === where);
    for (const name of query.keys()) {
      if (!named('query').some(({value}) => value.name === name)) yield `query parameter ${name} is unknown`;
    }
    for (const {value, place: at} of [...named('query'), ...named('header')]) {
      const name = String(value.name);
      const given = value.in === 'query' ? query.get(name) : headers[name.toLowerCase()];
      if (given == null && value.required === true) yield `parameter ${name} is missing`;
      if (given != null && value.schema)
        yield* this.#findings([...at, 'schema'], scalar(given, value.schema), `parameter ${name}`);
    }
    if (requestBody) {
      yield* this.#findings([...place, 'requestBody', 'content', 'application/json', 'schema'], JSON.parse(body), 'request');
    }
  }

  *#answer(operation: Operation, {status, contentType, answer}: Exchange): Generator<string, void, void> {
    const place = [operation.file, 'paths', operation.path, operation.method, 'responses'];
    const found = (this.#at(place) as JsonObject)[status];
    if (found === undefined) {
      yield `status ${status} is unknown`;
      return;
    }
    const {value, place: at} = this.#resolved(found, [...place, String(status)]);
    const content = value.content as JsonObject | undefined;
    const type = contentType?.split(';')[0];
    if (!content) {
      if (answer) yield `answer of status ${status} has a body`;
    } else if (type === undefined || !(type in content)) yield `content type ${type} of status ${status} is unknown`;
    else if (type === 'application/json') {
      yield* this.#findings([...at, 'content', type, 'schema'], JSON.parse(answer ?? ''), `answer ${status}`);
    }
  }

  *#findings(place: readonly string[], value: unknown, what: string): Generator<string, void, void> {
    const validate = this.#validator(place);
    if (validate(value)) return;
    const lines = (validate.errors ?? []).map(({instancePath, message, params}) => {
      const detail = 'additionalProperty' in params ? ` ${params.additionalProperty}` : '';
      return `${what}${instancePath.replaceAll(/\/\d+/g, '/n')} ${message}${detail}`;
    });
    yield* new Set(lines);
  }

  #validator([file = '', ...place]: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#ajv.getSchema(`${file}#/${pointer}`);
    if (!validate) throw new Error(`Cannot find ${place.join(' > ')} in ${file}`);
    return validate;
  }

  /** A parameter or response, or what it refers to. */
  #resolved(node: Json, place: readonly string[]): {value: JsonObject; place: readonly string[]} {
    const reference = (node as JsonObject).$ref;
    if (typeof reference !== 'string') return {value: node as JsonObject, place};
    const target = [place[0]!, ...reference.replace(/^#\//, '').split('/')];
    return this.#resolved(this.#at(target), target);
  }

  #at([file = '', ...path]: readonly string[]): Json {
    const document = this.#files.get(file);
    if (!document) throw new Error(`Cannot find file ${file}`);
    return path.reduce<Json>((node, name) => {
      const next = (node as JsonObject | undefined)?.[name];
      if (next === undefined) throw new Error(`Cannot find ${path.join(' > ')} in ${file}`);
      return next;
    }, document);
  }

  #nodeOf({file, at}: FileFault): JsonObject {
    return this.#at([file, ...at]) as JsonObject;
  }
}

/** Matches the paths of an operation; a parameter is one part of it. */
function shapeOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** A parameter's text as its schema has it. */
function scalar(text: string, schema: Json): unknown {
  const {type} = schema as {type?: Json};
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * The same document with references to other files of its repository as local ones, and `nullable` of version 3.0 as a type. What a
 * file that is not here describes may be anything.
 */
function localised(node: Json, files: ReadonlyMap<string, unknown>): Json {
  if (Array.isArray(node)) return node.map((item) => localised(item, files));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).flatMap(([name, value]): [string, Json][] => {
    if (name !== '$ref' || typeof value !== 'string') return [[name, localised(value, files)]];
    const [, file] = /^https:.*\/(\w+\.json)#/.exec(value) ?? [];
    if (file === undefined) return [[name, value]];
    return files.has(file) ? [[name, value.replace(/^https:.*\/(?=\w+\.json#)/, '')]] : [];
  });
  const {nullable, ...rest} = Object.fromEntries(entries) as JsonObject & {nullable?: Json};
  return nullable === true ? {anyOf: [rest, {type: 'null'}]} : rest;
}
