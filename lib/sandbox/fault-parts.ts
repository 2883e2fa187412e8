/**
 * Building blocks of faults: reading bodies, choosing positions in them, and parsing requests as
 * far as needed.
 */
import type {Answer, CallKind, SandboxRequest} from './request.ts';

export interface FaultEntry {
  /** For people who use it. */
  readonly what: string;
  readonly kinds: readonly CallKind[];
  /**
   * The answer in place of Zoho's, which then never sees the call; undefined when the fault does
   * not apply to the call.
   */
  readonly instead?: (request: SandboxRequest, random: () => number) => Answer | undefined | Promise<Answer | undefined>;
  /** Zoho's answer, damaged; undefined when it has nothing to damage. */
  readonly spoil?: (answer: Answer, random: () => number) => Answer | undefined | Promise<Answer | undefined>;
  /** Paths that get the same answer from then on. */
  readonly lasts?: (request: SandboxRequest) => readonly string[];
}

export const api = ['modules', 'fields', 'create', 'status', 'result', 'coql', 'deleted', 'records', 'other'] as const;
export const all = ['token', ...api] as const;
export const jsons = ['token', 'modules', 'fields', 'create', 'status', 'coql', 'deleted', 'records', 'other'] as const;

/** The whole body of an answer in memory; empty when it has none. */
export async function bodyOf({body}: Answer): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Passes the body to `change` if it has at least two bytes. */
export async function bodyChanged(answer: Answer, change: (body: Buffer) => Partial<Answer>): Promise<Answer | undefined> {
  if (answer.status !== 200 && answer.status !== 201) return undefined;
  const body = await bodyOf(answer);
  if (body.length < 2) return undefined;
  const {'content-length': _, ...headers} = answer.headers ?? {};
  return {...answer, headers, body, ...change(body)};
}

/** A position in the middle half of `length` bytes: in a ZIP, within its compressed data. */
export function middleOf(length: number, random: () => number): number {
  return Math.floor(length * (0.25 + 0.5 * random()));
}

/** The module of a call, from its path or its body. */
export function moduleOf(request: SandboxRequest): string | undefined {
  if (request.module !== undefined) return request.module;
  const text = request.body.toString();
  if (request.kind === 'coql') return /\bfrom\s+(\w+)/i.exec(text)?.[1];
  return /"module"\s*:\s*\{[^}]*"api_name"\s*:\s*"(\w+)"/.exec(text)?.[1];
}

/** The fields that a bulk job or query asks for, except the two that every capture needs. */
export function fieldsOf(request: SandboxRequest): string[] {
  const text = request.body.toString();
  const list =
    request.kind === 'coql' ? /\bselect\s+(.*?)\s+from\b/i.exec(text)?.[1] : /"fields"\s*:\s*\[([^\]]*)\]/.exec(text)?.[1];
  const names = (list ?? '').split(',').map((name) => name.trim().replaceAll('"', ''));
  return names.filter((name) => /^\w+$/.test(name) && name.toLowerCase() !== 'id' && name !== 'Modified_Time');
}
