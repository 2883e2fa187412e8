/**
 * The connector's handlers for Flow's requests. Code that calls Zoho is loaded on demand, so that
 * `spec` answers at once.
 */

import {specResponse} from '../flow/spec.ts';
import type {ConnectorOptions} from './client.ts';
import type {Handlers} from './serve.ts';

/** The handlers of a process. Each request has its own client and closes it. */
export function connectorHandlers(options: ConnectorOptions): Handlers {
  return {
    spec: () => specResponse,
    apply: async () => '',
    async discover(config, signal) {
      const {discover} = await import('./discover.ts');
      return discover(config, options, signal);
    },
    async validate(request, signal) {
      const {validate} = await import('./discover.ts');
      return validate(request, options, signal);
    },
    async open(request, output, signal) {
      const {runSession} = await import('./open.ts');
      return runSession(request, output, options, signal);
    },
  };
}
