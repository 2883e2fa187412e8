/** The sample of mutants that CI makes again: each lived until the spec beside it was written. */
import type {KnownMutant} from '../../mutants/try-one.ts';

export const onceLived: readonly KnownMutant[] = [
  {
    name: 'one module whose fields are refused fails the discovery',
    file: 'zoho/catalog.ts',
    search: "error.kind === 'module' || error.kind === 'refused'",
    replace: "error.kind === 'module'",
    spec: 'zoho/catalog',
    case: 'skips a module of which Zoho refuses only its fields, whatever the reason',
  },
  {
    name: 'a failure of the accounts host counts as wrong credentials',
    file: 'zoho/token-endpoint.ts',
    search: 'apiError === undefined || status >= 500 || ',
    replace: 'apiError === undefined || ',
    spec: 'zoho/token-endpoint',
    case: 'takes no failure of the host for wrong credentials, whatever it says of them',
  },
  {
    name: 'a redirect to another host is followed as a path of this one',
    file: 'zoho/caller.ts',
    search: 'return url.origin === origin ? url.pathname + url.search : undefined;',
    replace: 'return url.pathname + url.search;',
    spec: 'zoho/download',
    case: 'follows no redirect elsewhere, so that the token stays where it belongs',
  },
  {
    name: 'a slow disk holds nothing back',
    file: 'sinks/ndjson.ts',
    search: 'this.#newBytes > uncommittedBytesMax && this.#committing !== undefined',
    replace: 'false',
    spec: 'sinks/ndjson',
    case: 'holds writers back while a slow disk owes more than it may, and no sooner',
  },
  {
    name: 'what is written during a commit is not committed by itself',
    file: 'sinks/ndjson.ts',
    search: '      this.#commitSoon(commitDelayMs);\n',
    replace: '',
    spec: 'sinks/ndjson',
    case: 'commits by itself what was written during a commit',
  },
];
