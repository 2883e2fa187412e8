/** Compares all captured modules of a directory with Zoho. */
import {ZohoError} from '../../errors/errors.ts';
import {type Manifest, refuseOther} from '../../sinks/files/manifest.ts';
import {bindingsOf} from '../bindings.ts';
import {ChosenFields} from '../chosen-fields.ts';
import {type Setup, type SetupBinding, withFields} from '../context.ts';
import type {CommandContext} from '../host.ts';
import {type CompareArguments, type CompareContext, compareModule} from './compare-module.ts';
import type {Verified} from './report.ts';

/**
 * Compares one module after the other, with the fields that the capture had chosen.
 *
 * @throws ConfigError when the directory holds another capture.
 */
export async function compareAll(
  full: Setup,
  manifest: Manifest,
  args: CompareArguments,
  host: CommandContext,
  work: CompareContext['work'],
): Promise<Verified[]> {
  const {fields} = manifest.capture;
  const setup = fields === undefined ? full : withFields(full, new ChosenFields(fields.split(',')));
  refuseOther(manifest, setup.identity, args.out);
  const context = {client: setup.client, signal: host.signal, log: host.log, work};
  const verified: Verified[] = [];
  for (const binding of await capturedOf(setup, manifest, host)) {
    verified.push(await compareModule(binding, manifest, args, context).catch(ownFault(binding.resource.name)));
  }
  return verified;
}

/** A failure of one module does not stop the comparison of others. */
function ownFault(module: string): (error: unknown) => Verified {
  return (error) => {
    if (error instanceof ZohoError && (error.kind === 'module' || error.kind === 'refused'))
      return {module, reason: error.message};
    throw error;
  };
}

/** The bindings that were asked for by name; of others, those that the directory holds. */
async function capturedOf(setup: Setup, manifest: Manifest, host: CommandContext): Promise<readonly SetupBinding[]> {
  const named = new Set(setup.bindings?.map(({collection}) => collection));
  const bindings = await bindingsOf(setup, host);
  return bindings.filter(({collection}) => named.has(collection) || Object.hasOwn(manifest.files, collection));
}
