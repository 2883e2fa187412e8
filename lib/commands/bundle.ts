/** The support bundle: what helps to understand a problem, without secrets or customers' data. */
import {type FileHandle, open, readFile} from 'node:fs/promises';
import {release} from 'node:os';
import {secretMark} from '../config/redacted.ts';
import {ConfigError} from '../errors/errors.ts';
import {bundleLogLinesMax} from '../limits.ts';
import type {Level, Log} from '../platform/log.ts';
import {withoutSecrets} from '../platform/redact.ts';
import {folderDisk, hasCode} from '../sinks/files/disk.ts';
import {manifestName, parseManifest} from '../sinks/files/manifest.ts';
import type {ModuleEntry} from '../zoho/catalog.ts';
import type {Setup} from './context.ts';

/** What a check has found so far. */
export interface Found {
  setup?: Setup;
  scopes?: readonly string[] | undefined;
  /** Zoho's time. */
  clock?: string;
  modules?: readonly ModuleEntry[];
}

/** Other facts about the run. */
export interface Circumstances {
  /** Why the check ended early, if it did. */
  readonly failure: unknown;
  /** Directory of a local capture. */
  readonly folder: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface LogLine {
  readonly at: string;
  readonly level: Level;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * A support bundle in progress. Its file is created at once, readable only by its owner, so that a
 * wrong path fails before any call.
 */
export class Bundle {
  readonly #file: FileHandle;
  readonly #lines: LogLine[] = [];
  #left = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws ConfigError when the file exists, or cannot be written. */
  static async begin(path: string): Promise<Bundle> {
    try {
      return new Bundle(await open(path, 'wx', 0o600));
    } catch (error) {
      const reason = hasCode(error, 'EEXIST') ? 'it already exists; remove it, or choose another name' : reasonOf(error);
      throw new ConfigError(`Cannot write ${path}: ${reason}`, {cause: error});
    }
  }

  /** A log that passes everything to `log` and keeps the latest lines. */
  over(log: Log): Log {
    return (level, message, fields) => {
      log(level, message, fields);
      this.#lines.push({at: new Date().toISOString(), level, message, ...(fields && {fields})});
      if (this.#lines.length > bundleLogLinesMax) this.#left += this.#lines.splice(0, bundleLogLinesMax >> 1).length;
    };
  }

  /**
   * Writes what was found, why the check ended early, the state of a capture's directory if there
   * is one, and the log. Closes the file.
   */
  async write({setup, scopes, clock, modules}: Found, {failure, folder, env}: Circumstances): Promise<void> {
    try {
      const content = {
        made: new Date().toISOString(),
        ...(failure !== undefined && {failure: reasonOf(failure)}),
        ...(await versions()),
        platform: `${process.platform} ${release()}, ${process.arch}`,
        environment: environmentOf(env),
        ...(setup && {config: configOf(setup), zoho: {clock, scopes, ...setup.client.spent()}}),
        ...(modules && {modules: modules.map(coverageOf)}),
        ...(folder !== undefined && {state: await stateOf(folder)}),
        log: {left_out: this.#left, lines: this.#lines},
      };
      // The content should hold no secret; this is a safeguard.
      const text = withoutSecrets(JSON.stringify(content, undefined, 2), secretsOf(setup), {
        charactersMin: secretCharactersMin,
        mark: secretMark,
      });
      await this.#file.writeFile(`${text}\n`);
    } finally {
      await this.#file.close();
    }
  }
}

/** Versions of the connector, of node, and of the production packages in the lock file. */
async function versions(): Promise<object> {
  const {version} = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const {packages} = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const locked = Object.entries<{version?: string; dev?: boolean; optional?: boolean; devOptional?: boolean}>(packages)
    .filter(([path, {dev, optional, devOptional}]) => path !== '' && dev !== true && optional !== true && devOptional !== true)
    .map(([path, entry]) => [path.replace(/^node_modules\//, ''), entry.version]);
  return {version, node: process.version, packages: Object.fromEntries(locked)};
}

/**
 * Variables that change what the connector does. A proxy's address may hold a password, so only its
 * presence is noted.
 */
function environmentOf(env: Circumstances['env']): object {
  const shown = ['SOURCE_ZOHO_LOOPBACK', 'LOG_LEVEL'].map((name) => [name, env[name]]);
  const set = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS']
    .filter((name) => (env[name] ?? env[name.toLowerCase()] ?? '') !== '')
    .map((name) => [name, 'set']);
  return Object.fromEntries([...shown, ...set]);
}

function configOf({config, bindings, client}: Setup): object {
  return {
    credentials: {client_id: secretMark, client_secret: secretMark, refresh_token: secretMark, api_domain: client.origin},
    start_date: config.startDate,
    bindings: bindings?.map(({resource, collection}) => ({...resource, collection})),
  };
}

/**
 * Names and types of a module's fields, and which APIs read them. No record's data, and no values
 * of pick lists.
 */
function coverageOf({name, fields = [], skip}: ModuleEntry): object {
  const described = fields.map(({name: field, type, dataType, jsonType, computed, dynamic, bulk, coql}) => [
    field,
    [`${dataType}/${jsonType} as ${type}`, computed && 'computed', dynamic && 'dynamic', !bulk && 'not bulk', !coql && 'not coql']
      .filter((part) => part !== false)
      .join(', '),
  ]);
  return {module: name, ...(skip !== undefined && {skipped: skip}), fields: Object.fromEntries(described)};
}

/** Cursors, ids and counts from a directory's state. Page tokens and other texts are omitted. */
async function stateOf(folder: string): Promise<unknown> {
  try {
    const text = await folderDisk(folder).read(manifestName);
    if (text === undefined) return `${folder} has no ${manifestName}`;
    const {state, files} = parseManifest(text, folder);
    return {state: plainOf(state), files};
  } catch (error) {
    return reasonOf(error);
  }
}

const plainText = /^(\d+|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d))$/;

function plainOf(value: unknown): unknown {
  if (typeof value === 'string') return plainText.test(value) ? value : '<text>';
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

/** The secrets as JSON writes them. */
function secretsOf(setup: Setup | undefined): string[] {
  if (setup === undefined) return [];
  const {clientId, clientSecret, refreshToken} = setup.config.credentials;
  return [clientId, clientSecret, refreshToken].map((secret) => JSON.stringify(secret).slice(1, -1));
}

/** Shorter secrets may occur in a text by chance. */
const secretCharactersMin = 6;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
