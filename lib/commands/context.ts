/** What all commands that read Zoho begin with: the configuration, from wherever it is, and a client for it. */
import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {text} from 'node:stream/consumers';
import {FieldPlan} from '../capture/field-plan.ts';
import {type EndpointConfig, parseConfig, parseResource, type ResourceConfig, refuseFutureStart} from '../config/config.ts';
import {credentialVariables, environmentConfig, withEnvironment} from '../config/environment.ts';
import {readConfig, readSource, type SourceReader} from '../config/flow-catalog.ts';
import {unsealWithSops} from '../config/sops.ts';
import {didYouMean} from '../errors/did-you-mean.ts';
import {ConfigError} from '../errors/errors.ts';
import {systemReason} from '../errors/system.ts';
import {keyFault} from '../flow/discover.ts';
import {stateKeyOf} from '../flow/state-key.ts';
import {answerWaitMaxMs} from '../limits.ts';
import {systemClock} from '../platform/clock.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {catalog, type ModuleEntry} from '../zoho/catalog.ts';
import {createClient} from '../zoho/client.ts';
import type {CommandContext} from './host.ts';
import {counted} from './terminal/table.ts';
import {working} from './terminal/work.ts';

/** The options that `withSetup` of the command line adds. */
export interface SetupArguments {
  readonly source?: string;
  readonly name?: string;
  readonly config?: string;
  readonly module?: readonly string[];
  readonly sandbox?: boolean;
  readonly records?: number;
  /** Start for a config that names none; an instant. */
  readonly since?: string;
}

/** A module to capture, and the collection it goes to. */
export interface SetupBinding {
  readonly resource: ResourceConfig;
  readonly collection: string;
  readonly stateKey: string;
  /** Key of the collection, where the catalog has it. */
  readonly key?: readonly string[] | undefined;
}

/** One whose module is known to be there. */
export interface FoundBinding extends SetupBinding {
  /** Jobs that a page of its backfill takes: more than one for a module with very many fields. */
  readonly slices: number;
  /** Whether the module has no `Modified_Time`, so that it is captured as a snapshot. */
  readonly snapshot: boolean;
}

export interface Setup {
  /** Name of the capture in its catalog. */
  readonly name: string | undefined;
  readonly config: EndpointConfig;
  /** As it was read, for whoever writes it on. */
  readonly rawConfig: unknown;
  /** The bindings that were asked for; undefined when every module is meant that can be captured. */
  readonly bindings: readonly SetupBinding[] | undefined;
  readonly client: ZohoClient;
  /** What tells this capture from others, whenever it runs. */
  readonly identity: Readonly<Record<string, string>>;
  /** Why calls are held back for long just now. */
  readonly heldBack: () => string | undefined;
  /** Closes the client, and the sandbox if one was started. */
  close(): Promise<void>;
}

/** Records of the largest module of a sandbox that a command starts for itself. */
const sandboxRecords = 20_000;

interface Waits {
  /** Told why calls wait, and `undefined` when they go on. */
  readonly onStatus?: (reason: string | undefined) => void;
  /** How long limits may hold up one call; by default as long as a capture wants it. */
  readonly waitMaxMs?: number;
}

/** As `setUp`, for a command that somebody waits for: it says why calls wait, and gives up within minutes. */
export function setUpToAnswer(host: CommandContext, args: SetupArguments): Promise<Setup> {
  return setUp(host, args, {
    onStatus(reason) {
      if (reason !== undefined) host.log('info', reason);
    },
    waitMaxMs: answerWaitMaxMs,
  });
}

/**
 * Reads the configuration that the arguments name and makes a client for it.
 *
 * @throws ConfigError that says which option or property to mend.
 */
export async function setUp(host: CommandContext, args: SetupArguments, waits: Waits = {}): Promise<Setup> {
  const given = [args.source, args.config, args.sandbox].filter((option) => option !== undefined);
  const fromEnvironment = given.length === 0 ? environmentConfig(host.env) : undefined;
  if (given.length !== 1 && fromEnvironment === undefined) throw new ConfigError(`Cannot tell where to read from: ${places}`);
  if (args.name !== undefined && args.source === undefined) throw new ConfigError('Cannot use --name without --source');
  if (args.records !== undefined && args.sandbox === undefined) throw new ConfigError('Cannot use --records without --sandbox');
  const sandbox = args.sandbox === true ? await startedSandbox(args.records ?? sandboxRecords, args.module) : undefined;
  try {
    const read = sandbox ?? (fromEnvironment && {config: fromEnvironment, bindings: args.module?.map(bindingOf)});
    const setup = setupOf(host, read ?? (await readSetup(host, args)), {...waits, since: args.since});
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

const places = `say one of --source flow.yaml, --config config.json or --sandbox, or set ${Object.values(credentialVariables).join(', ')}`;

/** Makes a client for a configuration that has been read. */
export function setupOf(
  host: CommandContext,
  read: Read,
  {onStatus, waitMaxMs, since}: Waits & {since?: string | undefined} = {},
): Setup {
  const config = startingAt(since, parseConfig(withEnvironment(read.config, host.env), 'person'));
  const {apiDomain, ...credentials} = config.credentials;
  const loopback = host.env.SOURCE_ZOHO_LOOPBACK;
  let heldBack: string | undefined;
  const client = createClient({
    apiDomain,
    credentials,
    clock: systemClock,
    log: host.log,
    loopback,
    onStatus(reason) {
      heldBack = reason;
      onStatus?.(reason);
    },
    waitMaxMs,
  });
  const named = read.name !== undefined && {name: read.name};
  return {
    name: read.name,
    config,
    rawConfig: read.config,
    bindings: read.bindings,
    client,
    identity: {
      ...named,
      api_domain: client.origin,
      client_id: credentials.clientId,
      ...(read.sandbox && {sandbox: read.sandbox}),
    },
    heldBack: () => heldBack,
    close: () => client.close(),
  };
}

/** The config with the start that was asked for. Two different ones are a contradiction. */
function startingAt(since: string | undefined, config: EndpointConfig): EndpointConfig {
  if (since === undefined || since === config.startDate) return config;
  if (config.startDate !== undefined)
    throw new ConfigError(
      `Cannot use --since ${since}: the config has start_date ${config.startDate}; change it there, or leave --since out`,
    );
  return {...config, startDate: since};
}

export interface Read {
  /** Of the capture, if it has one. */
  readonly name?: string;
  readonly config: unknown;
  readonly bindings: readonly SetupBinding[] | undefined;
  /** What tells a sandbox that was started for a command from all others. */
  readonly sandbox?: string;
}

async function readSetup(host: CommandContext, args: SetupArguments): Promise<Read> {
  const {source, config, name, module: modules} = args;
  const reader = readerOf(host);
  if (source === undefined) return {config: await readConfig(config ?? '', reader), bindings: modules?.map(bindingOf)};
  const capture = await readSource(source, name, reader);
  const bindings = capture.bindings.map(({resource, ...rest}) => ({...rest, resource: parseResource(resource)}));
  const names = bindings.map(({resource}) => resource.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new ConfigError(`Cannot use ${source}: module ${twice} is in several bindings; keep one of them`);
  return {name: capture.name, config: capture.config, bindings: modules === undefined ? bindings : onlyOf(bindings, modules)};
}

/** A binding as discovery proposes it, into a collection of the module's name. */
export function bindingOf(module: string): SetupBinding {
  const resource = parseResource({name: module, interval: 'PT5M', schedule: '55 23 * * *'});
  return {resource, collection: module, stateKey: stateKeyOf([module], 0)};
}

function onlyOf(bindings: readonly SetupBinding[], modules: readonly string[]): SetupBinding[] {
  return modules.map((module) => {
    const binding = bindings.find(({resource}) => resource.name === module);
    if (binding !== undefined) return binding;
    const names = bindings.map(({resource}) => resource.name);
    throw unknownModule(module, names, 'the bindings of the capture');
  });
}

/** What to say of a module that is not among those that there are. */
export function unknownModule(module: string, known: readonly string[], where: string): ConfigError {
  const meant = didYouMean(module, known);
  return new ConfigError(`Cannot find module ${module} among ${where}${meant === undefined ? '' : `, did you mean ${meant}?`}`);
}

/** Reads files, and standard input where a config is called `-`. */
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
    bindings: modules?.map(bindingOf),
    sandbox: randomUUID(),
    close: () => sandbox.close(),
  };
}

/** The connector's configuration for a sandbox, as a config file has it. */
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

/**
 * The bindings to capture: those that were asked for, or of all modules those that can be captured.
 *
 * @throws ConfigError for a capture without bindings, a module that Zoho does not have, a collection with a key that does not fit its module, and a start date
 * that has not come yet.
 */
export async function bindingsOf(setup: Setup, host: CommandContext): Promise<readonly FoundBinding[]> {
  if (setup.bindings?.length === 0)
    throw new ConfigError(
      `Cannot capture anything: capture ${setup.name} has no binding that is enabled; add one, or enable one`,
    );
  const entries = await modulesOf(setup, host);
  const bindings = setup.bindings ?? entries.filter(({skip}) => skip === undefined).map(({name}) => bindingOf(name));
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  return bindings.map((binding) => {
    const entry = named.get(binding.resource.name);
    const fault = entry?.fields && keyFault(entry, binding.key ?? []);
    if (fault !== undefined) throw new ConfigError(`Cannot capture into ${binding.collection}: ${fault}`);
    const snapshot = entry?.snapshot === true;
    return {...binding, snapshot, slices: snapshot ? 1 : new FieldPlan(entry?.fields ?? []).bulkSlices.length};
  });
}

/** All modules of Zoho that the setup means, captured or not, as the command's own answer tells them; all there are for a capture without bindings yet. */
export async function modulesOf({client, bindings = [], config}: Setup, host: CommandContext): Promise<ModuleEntry[]> {
  const names = bindings.length > 0 ? new Set(bindings.map(({resource}) => resource.name)) : undefined;
  const entries = await working(host, (work) => {
    work.follow('Reading the fields of modules', () => counted(client.spent().callsTotal, 'API call'));
    return catalog(client, host.signal, quiet({...host, log: work.log}), names);
  });
  refuseFutureStart(config, await client.nowSeconds(host.signal));
  for (const name of names ?? []) {
    if (entries.some((entry) => entry.name === name)) continue;
    const known = (await client.modules(host.signal)).map((module) => module.name);
    throw unknownModule(name, known, 'the modules of Zoho');
  }
  return entries;
}

/** Reasons why modules are left out are part of a command's own answer, not of its log. */
function quiet(host: CommandContext): CommandContext['log'] {
  return (level, message, fields) => host.log(level === 'info' ? 'debug' : level, message, fields);
}
