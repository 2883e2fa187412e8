/**
 * `source-zoho discover`: the bindings that Flow would be offered, as JSON lines or as a catalog
 * ready to publish.
 */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {stringify} from 'yaml';
import {redactedConfig} from '../config/redacted.ts';
import {ConfigError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {type DiscoveredBinding, discoveredBindings, managedSchema} from '../flow/discover.ts';
import {hasCode, makeFolder} from '../sinks/files/disk.ts';
import {modulesOf} from './bindings.ts';
import {type SetupArguments, setUpToAnswer} from './context.ts';
import {type CommandContext, exit, say, sayJson} from './host.ts';
import {counted} from './terminal/table.ts';

export interface DiscoverArguments extends SetupArguments {
  readonly flow?: string;
  readonly prefix: string;
  readonly withSecrets?: boolean;
  /** Image of the connector, for the catalog. */
  readonly image?: string;
}

export async function discover(host: CommandContext, args: DiscoverArguments): Promise<number> {
  if (!/^[\p{L}\p{N}\-_.]+(\/[\p{L}\p{N}\-_.]+)*$/u.test(args.prefix))
    throw new ConfigError(`Cannot use prefix ${args.prefix}: it must be like acmeCo or acmeCo/sales`);
  if (args.image !== undefined && args.flow === undefined) throw new ConfigError('Cannot use --image without --flow');
  if (args.image !== undefined && !imageForm.test(args.image))
    throw new ConfigError(`Cannot use image ${args.image}: it must be like registry.example.com/team/source-zoho:v2`);
  const setup = await setUpToAnswer(host, args);
  try {
    const modules = await modulesOf(setup, host);
    const bindings = discoveredBindings(modules.filter(({skip}) => skip === undefined));
    if (args.flow === undefined) for (const binding of bindings) sayJson(host, binding);
    else await writeCatalog(host, args.flow, args, setup.rawConfig, bindings);
    for (const {name, skip} of modules) if (skip !== undefined) host.log('info', `Module ${name} is left out: ${skip}`);
    return exit.done;
  } finally {
    await setup.close();
  }
}

const imageDefault = 'ghcr.io/estuary/source-zoho:dev';
/**
 * A name that registries accept: `registry.example.com:5000/team/source-zoho:v2`, optionally with a
 * digest.
 */
const imageForm = /^[a-z0-9]+([._:/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const configFile = 'source-zoho.config.yaml';

/** Writes the files in the layout of flowctl's own discovery. It replaces none. */
async function writeCatalog(
  host: CommandContext,
  folder: string,
  {prefix, withSecrets, image = imageDefault}: DiscoverArguments,
  config: unknown,
  bindings: readonly DiscoveredBinding[],
): Promise<void> {
  const collections: Record<string, object> = {};
  const files = new Map<string, unknown>();
  for (const {recommendedName, documentSchema, key} of bindings) {
    const schemaFile = `${recommendedName}.schema.yaml`;
    files.set(schemaFile, managedSchema(documentSchema));
    collections[`${prefix}/${recommendedName}`] = {
      writeSchema: schemaFile,
      readSchema: {allOf: [{$ref: 'flow://relaxed-write-schema'}, {$ref: 'flow://inferred-schema'}]},
      key,
    };
  }
  const captures = {
    [`${prefix}/source-zoho`]: {
      autoDiscover: {addNewBindings: true, evolveIncompatibleCollections: true},
      endpoint: {connector: {image, config: configFile}},
      bindings: bindings.map(({recommendedName, resourceConfig}) => ({
        resource: resourceConfig,
        target: `${prefix}/${recommendedName}`,
      })),
    },
  };
  files.set(configFile, withSecrets === true ? config : redactedConfig(config));
  files.set('flow.yaml', {collections, captures});
  await explainSystemErrors(`write into ${folder || 'a directory without a name'}`, () => makeFolder(folder));
  for (const [name, value] of files) await writeNew(join(folder, name), stringify(value));
  const secrets = withSecrets === true ? '' : `; put the credentials into ${join(folder, configFile)}`;
  say(host, `Wrote ${counted(bindings.length, 'binding')} to ${join(folder, 'flow.yaml')}${secrets}`);
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, {flag: 'wx', mode: 0o600});
  } catch (error) {
    if (hasCode(error, 'EEXIST'))
      throw new ConfigError(`Cannot write ${path}: it already exists; remove it, or choose another directory`);
    throw error;
  }
}
