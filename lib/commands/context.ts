/** What all commands that read Zoho share: reading the configuration and creating a client. */
import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {text} from 'node:stream/consumers';
import {type EndpointConfig, parseConfig, parseResource, type ResourceConfig} from '../config/config.ts';
import {credentialVariables, environmentConfig, withEnvironment} from '../config/environment.ts';
import {readConfig, readSource, type SourceReader} from '../config/flow-catalog.ts';
import {unsealWithSops} from '../config/sops.ts';
import {clientOf} from '../connector/client.ts';
import {ConfigError} from '../errors/errors.ts';
import {systemReason} from '../errors/system.ts';
import {stateKeyOf} from '../flow/state-key.ts';
import {answerWaitMaxMs} from '../limits.ts';
import {systemClock} from '../platform/clock.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {ChosenFields} from './chosen-fields.ts';
import type {CommandContext} from './host.ts';
import {isPattern, matches, unknownModule} from './module-patterns.ts';

/** The options that `withSetup` of the command line adds. */
export interface SetupArguments {
  readonly source?: string;
  readonly name?: string;
  readonly config?: string;
  readonly module?: readonly string[];
  readonly sandbox?: boolean;
  readonly records?: number;
  /** An instant to start from, for a config without one. */
  readonly since?: string;
  /** Fields to capture instead of all. */
  readonly fields?: readonly string[];
}

/** A module to capture, and the collection it goes to. */
export interface SetupBinding {
  readonly resource: ResourceConfig;
  readonly collection: string;
  readonly stateKey: string;
  /** Key of the collection, where the catalog has it. */
  readonly key?: readonly string[] | undefined;
}

export interface Setup {
  /** Name of the capture in its catalog. */
  readonly name: string | undefined;
  readonly config: EndpointConfig;
  /** As read from the file, for commands that write it out again. */
  readonly rawConfig: unknown;
  /** The bindings requested by name; undefined for every module that can be captured. */
  readonly bindings: readonly SetupBinding[] | undefined;
  /** Patterns of further modules to capture. */
  readonly patterns: readonly string[];
  readonly client: ZohoClient;
  /** What identifies this capture across runs. */
  readonly identity: Readonly<Record<string, string>>;
  /** The chosen fields; undefined for all. */
  readonly fields?: ChosenFields;
  /** Why calls are on hold, if the wait is long. */
  readonly holdReason: () => string | undefined;
  /** Closes the client, and the sandbox if one was started. */
  close(): Promise<void>;
}

/** Records of the largest module in a sandbox that a command starts for itself. */
const sandboxRecords = 20_000;

interface Waits {
  /** Receives the reason why calls wait, and `undefined` when they continue. */
  readonly onHold?: (reason: string | undefined) => void;
  /** How long limits may hold a call; by default as long as a capture accepts. */
  readonly waitMaxMs?: number;
}

/**
 * Like `setUp`, for a command that somebody waits for: it reports why calls wait, and gives up
 * within minutes.
 */
export function setUpToAnswer(host: CommandContext, args: SetupArguments): Promise<Setup> {
  return setUp(host, args, {
    onHold(reason) {
      if (reason !== undefined) host.log('info', reason);
    },
    waitMaxMs: answerWaitMaxMs,
  });
}

/**
 * Reads the configuration that the arguments name and creates a client for it.
 *
 * @throws ConfigError that names the option or property to fix.
 */
export async function setUp(host: CommandContext, args: SetupArguments, waits: Waits = {}): Promise<Setup> {
  const given = [args.source, args.config, args.sandbox].filter((option) => option !== undefined);
  const fromEnvironment = given.length === 0 ? environmentConfig(host.env) : undefined;
  if (given.length !== 1 && fromEnvironment === undefined) throw new ConfigError(`Cannot choose a source: ${places}`);
  if (args.name !== undefined && args.source === undefined) throw new ConfigError('Cannot use --name without --source');
  if (args.records !== undefined && args.sandbox === undefined) throw new ConfigError('Cannot use --records without --sandbox');
  const sandbox = args.sandbox === true ? await startedSandbox(args.records ?? sandboxRecords, args.module) : undefined;
  try {
    const read = sandbox ?? (fromEnvironment && {config: fromEnvironment, ...askedFor(args.module)});
    const full = setupOf(host, read ?? (await readSetup(host, args)), {...waits, since: args.since});
    const setup = args.fields === undefined ? full : withFields(full, new ChosenFields(args.fields));
    return {
      ...setup,
      async close() {
        await setup.close();
        await sandbox?.close();
      },
    };
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
}

const places = `pass one of --source flow.yaml, --config config.json or --sandbox, or set ${Object.values(credentialVariables).join(', ')}`;

/**
 * The setup, limited to these fields. It identifies a different capture from one with all fields.
 */
export function withFields(setup: Setup, fields: ChosenFields): Setup {
  return {...setup, client: fields.only(setup.client), fields, identity: {...setup.identity, fields: `${fields}`}};
}

/** Creates a client for a parsed configuration. */
export function setupOf(
  host: CommandContext,
  read: Read,
  {onHold, waitMaxMs, since}: Waits & {since?: string | undefined} = {},
): Setup {
  const config = startingAt(since, parseConfig(withEnvironment(read.config, host.env), 'person'));
  let holdReason: string | undefined;
  const client = clientOf(config, {
    clock: systemClock,
    log: host.log,
    loopback: host.env.SOURCE_ZOHO_LOOPBACK,
    onHold(reason) {
      holdReason = reason;
      onHold?.(reason);
    },
    waitMaxMs,
  });
  const named = read.name !== undefined && {name: read.name};
  return {
    name: read.name,
    config,
    rawConfig: read.config,
    bindings: read.bindings,
    patterns: read.patterns ?? [],
    client,
    identity: {
      ...named,
      api_domain: client.origin,
      client_id: config.credentials.clientId,
      ...(read.sandbox && {sandbox: read.sandbox}),
    },
    holdReason: () => holdReason,
    close: () => client.close(),
  };
}

/** The config with the requested start. Two different ones are an error. */
function startingAt(since: string | undefined, config: EndpointConfig): EndpointConfig {
  if (since === undefined || since === config.startDate) return config;
  if (config.startDate !== undefined)
    throw new ConfigError(
      `Cannot use --since ${since}: the config has start_date ${config.startDate}; change it there, or omit --since`,
    );
  return {...config, startDate: since};
}

export interface Read {
  /** Patterns of further modules. */
  readonly patterns?: readonly string[];
  /** Name of the capture, if it has one. */
  readonly name?: string;
  readonly config: unknown;
  readonly bindings: readonly SetupBinding[] | undefined;
  /** Tells a sandbox that was started for a command from all others. */
  readonly sandbox?: string;
}

async function readSetup(host: CommandContext, args: SetupArguments): Promise<Read> {
  const {source, config, name, module: modules} = args;
  const reader = readerOf(host);
  if (source === undefined) return {config: await readConfig(config ?? '', reader), ...askedFor(modules)};
  const capture = await readSource(source, name, reader);
  const bindings = capture.bindings.map(({resource, ...rest}) => ({...rest, resource: parseResource(resource)}));
  const names = bindings.map(({resource}) => resource.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new ConfigError(`Cannot use ${source}: module ${twice} is in several bindings; keep one of them`);
  return {name: capture.name, config: capture.config, bindings: modules === undefined ? bindings : onlyOf(bindings, modules)};
}

/** Splits the names into bindings of modules and patterns of further ones. */
function askedFor(modules: readonly string[] | undefined): Pick<Read, 'bindings' | 'patterns'> {
  return {
    bindings: modules?.filter((name) => !isPattern(name)).map(bindingOf),
    patterns: modules?.filter(isPattern),
  };
}

/** A binding as discovery proposes it, with a collection named after the module. */
export function bindingOf(module: string): SetupBinding {
  const resource = parseResource({name: module, interval: 'PT5M', schedule: '55 23 * * *'});
  return {resource, collection: module, stateKey: stateKeyOf([module], 0)};
}

function onlyOf(bindings: readonly SetupBinding[], modules: readonly string[]): SetupBinding[] {
  const chosen = modules.flatMap((module) => {
    const found = bindings.filter(({resource}) => matches(module, resource.name));
    if (found.length > 0) return found;
    const names = bindings.map(({resource}) => resource.name);
    throw unknownModule(module, names, 'the bindings of the capture');
  });
  return [...new Set(chosen)];
}

/** Reads files, and standard input for a config called `-`. */
function readerOf(host: CommandContext): SourceReader {
  return {
    async read(path) {
      try {
        return await (path === '-' ? text(host.input) : readFile(path, 'utf8'));
      } catch (error) {
        throw new ConfigError(`Cannot read ${path}: ${systemReason(error)}`, {cause: error});
      }
    },
    unseal: unsealWithSops,
  };
}

async function startedSandbox(records: number, modules: readonly string[] | undefined): Promise<Read & {close(): Promise<void>}> {
  const {startSandbox} = await import('../sandbox/server.ts');
  const sandbox = await startSandbox({records});
  return {
    config: configOf(sandbox),
    ...askedFor(modules),
    sandbox: randomUUID(),
    close: () => sandbox.close(),
  };
}

/** The connector's configuration for a sandbox, as a config file holds it. */
export function configOf({
  url,
  credentials,
}: {
  url: string;
  credentials: {client_id: string; client_secret: string; refresh_token: string};
}): object {
  const {client_id, client_secret, refresh_token} = credentials;
  return {
    credentials: {credentials_title: 'OAuth Credentials', client_id, client_secret, refresh_token, api_domain: url},
  };
}
