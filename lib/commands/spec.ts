/** `source-zoho spec`: what the connector can be configured with, as Flow asks for it. */
import {specResponse} from '../flow/spec.ts';
import {type CommandContext, exit, sayJson} from './host.ts';

export async function spec(host: CommandContext): Promise<number> {
  sayJson(host, specResponse);
  return exit.done;
}
