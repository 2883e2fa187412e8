/** A connector whose Zoho is a client that a case defines. */
import type {ConnectorOptions} from '../../lib/connector/client.ts';
import type {Field} from '../../lib/records/field.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import type {ClientOptions} from '../../lib/zoho/client.ts';
import {JumpingClock} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

/** An endpoint config as Flow sends it. */
export const config = {
  credentials: {client_id: 'c', client_secret: 's', refresh_token: 'r', api_domain: 'https://www.zohoapis.com'},
};

export const dated = [textField('id'), textField('Modified_Time'), textField('Company')];

/** Modules with their fields, or why Zoho gives none. */
export type Modules = Readonly<Record<string, readonly Field[] | null | Error>>;

/**
 * Options with such a client, and what became of it: the options it was `made` with, what was
 * `asked` in the order of the calls, how many are still `open`, and what was `logged`.
 */
export function connectorOf(modules: Modules, changes: Partial<ZohoClient> = {}) {
  const asked: string[] = [];
  const logged: string[] = [];
  const made: ClientOptions[] = [];
  let open = 0;
  const client = {
    origin: 'https://www.zohoapis.com',
    async modules() {
      asked.push('modules');
      return Object.keys(modules).map((name) => ({name, label: name, apiSupported: true, generatedType: '', status: ''}));
    },
    async fields(name: string) {
      asked.push(name);
      const fields = modules[name];
      if (fields instanceof Error) throw fields;
      return fields;
    },
    nowSeconds: async () => Date.UTC(2026, 0, 1) / 1_000,
    scopes: async () => undefined,
    spent: () => ({remaining: undefined}),
    close: async () => void open--,
    ...changes,
  } as unknown as ZohoClient;
  const options: ConnectorOptions = {
    clock: new JumpingClock(),
    log: (level, message) => void logged.push(`${level}: ${message}`),
    loopback: 'off',
    createClient(given) {
      open++;
      made.push(given);
      return client;
    },
  };
  return {options, asked, logged, made, open: () => open};
}
