/** Which modules a command works on, once Zoho has been asked what exists. */
import {FieldPlan} from '../capture/field-plan.ts';
import {refuseFutureStart} from '../config/config.ts';
import {ConfigError} from '../errors/errors.ts';
import {keyFault} from '../flow/discover.ts';
import {catalog, type ModuleEntry} from '../zoho/catalog.ts';
import {bindingOf, type Setup, type SetupBinding} from './context.ts';
import type {CommandContext} from './host.ts';
import {matches, unknownModule} from './module-patterns.ts';
import {counted} from './terminal/table.ts';
import {working} from './terminal/work.ts';

/** A binding whose module exists. */
export interface FoundBinding extends SetupBinding {
  /** Jobs per page of its backfill: more than one for a module with very many fields. */
  readonly slices: number;
  /** Whether the module has no `Modified_Time`, so that it is captured as a snapshot. */
  readonly snapshot: boolean;
}

/**
 * The bindings to capture: the requested ones, or all modules that can be captured.
 *
 * @throws ConfigError for a capture without bindings, a module that Zoho does not have, a
 * collection whose key does not fit its module, and a start date that has not come yet.
 */
export async function bindingsOf(setup: Setup, host: CommandContext): Promise<readonly FoundBinding[]> {
  if (setup.bindings?.length === 0 && setup.patterns.length === 0)
    throw new ConfigError(
      `Cannot capture anything: capture ${setup.name} has no binding that is enabled; add one, or enable one`,
    );
  const entries = await modulesOf(setup, host);
  const named = setup.bindings ?? [];
  const isMeant = ({name, skip}: ModuleEntry): boolean =>
    skip === undefined && (setup.bindings === undefined || setup.patterns.some((pattern) => matches(pattern, name)));
  const others = entries.filter((entry) => isMeant(entry) && !named.some(({resource}) => resource.name === entry.name));
  const bindings = [...named, ...others.map(({name}) => bindingOf(name))];
  setup.fields?.refuseUnknown(bindings.map(({resource}) => resource.name));
  const found = new Map(entries.map((entry) => [entry.name, entry]));
  return bindings.map((binding) => {
    const entry = found.get(binding.resource.name);
    const fault = entry?.fields && keyFault(entry, binding.key ?? []);
    if (fault !== undefined) throw new ConfigError(`Cannot capture into ${binding.collection}: ${fault}`);
    const snapshot = entry?.snapshot === true;
    return {...binding, snapshot, slices: snapshot ? 1 : new FieldPlan(entry?.fields ?? []).bulkSlices.length};
  });
}

/**
 * All modules that the setup means, with the reason why one cannot be captured. All of Zoho's for a
 * capture without bindings yet.
 */
export async function modulesOf(setup: Setup, host: CommandContext): Promise<ModuleEntry[]> {
  const {client, config} = setup;
  const names = await namesMeant(setup, host);
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

/** Names of the requested modules; undefined for all. */
async function namesMeant(
  {client, bindings = [], patterns}: Setup,
  {signal}: CommandContext,
): Promise<ReadonlySet<string> | undefined> {
  const named = bindings.map(({resource}) => resource.name);
  if (patterns.length === 0) return named.length > 0 ? new Set(named) : undefined;
  const listed = (await client.modules(signal)).map(({name}) => name);
  const matching = patterns.map((pattern) => {
    const found = listed.filter((name) => matches(pattern, name));
    if (found.length === 0) throw unknownModule(pattern, listed, 'the modules of Zoho');
    return found;
  });
  return new Set([...named, ...matching.flat()]);
}

/**
 * The log without the reasons why modules are skipped, which are part of the command's own output.
 */
function quiet(host: CommandContext): CommandContext['log'] {
  return (level, message, fields) => host.log(level === 'info' ? 'debug' : level, message, fields);
}
