/**
 * Flow's `discover` and `validate`: which modules exist, and whether the bound ones can be
 * captured.
 */
import {parseConfig} from '../config/config.ts';
import {suggestion} from '../errors/did-you-mean.ts';
import {type DiscoveredBinding, discoveredBindings, keyFault} from '../flow/discover.ts';
import type {ValidateBinding, ValidateRequest} from '../flow/protocol.ts';
import {answerWaitMaxMs} from '../limits.ts';
import {catalog, type ModuleEntry} from '../zoho/catalog.ts';
import type {ConnectorOptions} from './client.ts';
import {checkSetup, readResources, refuse, withClient} from './client.ts';

/**
 * The bindings of all modules that can be captured. The log names the others with their reasons.
 */
export async function discover(value: unknown, options: ConnectorOptions, signal: AbortSignal): Promise<DiscoveredBinding[]> {
  const config = parseConfig(value);
  return withClient(config, {...options, waitMaxMs: answerWaitMaxMs}, async (client) => {
    const modules = await catalog(client, signal, options.log);
    await checkSetup(client, config, options.log, signal);
    return discoveredBindings(modules.filter(({skip}) => skip === undefined));
  });
}

/**
 * The resource path of each binding. Throws ConfigError with the reasons when any cannot be
 * captured.
 */
export async function validate(
  {config: value, bindings}: ValidateRequest,
  options: ConnectorOptions,
  signal: AbortSignal,
): Promise<string[][]> {
  const config = parseConfig(value);
  const names = readResources(bindings).map(({name}) => name);
  return withClient(config, {...options, waitMaxMs: answerWaitMaxMs}, async (client) => {
    const bound = await catalog(client, signal, options.log, new Set(names));
    await checkSetup(client, config, options.log, signal);
    const isBound = (name: string): boolean => bound.some((entry) => entry.name === name);
    const listed = names.every(isBound) ? bound : await client.modules(signal);
    refuse(
      problems(
        names,
        bindings,
        bound,
        listed.map(({name}) => name),
      ),
    );
    return names.map((name) => [name]);
  });
}

/**
 * Why bindings of these names cannot be captured. `bound` are the modules with these names,
 * `listed` the names of all modules, or at least of those.
 */
function problems(
  names: readonly string[],
  bindings: readonly ValidateBinding[],
  bound: readonly ModuleEntry[],
  listed: readonly string[],
): string[] {
  const entries = new Map(bound.map((entry) => [entry.name, entry]));
  const distinct = [...new Set(names)];
  const wrong = distinct.flatMap((name) => {
    const entry = entries.get(name);
    if (entry?.skip !== undefined) return [`Resource '${name}' cannot be captured: ${entry.skip}`];
    if (entry !== undefined) return keyProblems(entry, bindings[names.indexOf(name)]!);
    return [`Resource '${name}' was not found${suggestion(name, listed, (known) => `'${known}'`)}`];
  });
  const repeated = distinct.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  return [...wrong, ...repeated.map((name) => `Resource '${name}' is in several bindings; keep one of them`)];
}

function keyProblems(entry: ModuleEntry, {key, collection}: ValidateBinding): string[] {
  const fault = keyFault(entry, key);
  return fault === undefined ? [] : [`Resource '${entry.name}' cannot be captured into ${collection}: ${fault}`];
}
