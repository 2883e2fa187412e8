import type {SandboxRequest} from '../../lib/sandbox/request.ts';

/** A call that reached the sandbox, of which only `parts` matter. */
export function request(parts: Partial<SandboxRequest>): SandboxRequest {
  return {
    kind: 'other',
    method: 'GET',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.alloc(0),
    done: Promise.resolve(),
    ...parts,
  };
}
