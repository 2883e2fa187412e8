/** `source-zoho spec`: what the connector can be configured with, as Flow asks for it. */
import {specResponse} from '../flow/spec.ts';
import {exit, type Host, sayJson} from './host.ts';

export async function spec(host: Host): Promise<number> {
  sayJson(host, specResponse);
  return exit.done;
}
