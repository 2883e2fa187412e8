/**
 * Stands in for `uvu` while mutants are tried: suites are kept instead of run, so that single cases can be run as often as wanted.
 *
 * It has the members that the specs use: `suite`, `before`, `after`, both with `each`, `only`, `skip` and `run`.
 */
type Handler = (context: Record<string, unknown>) => unknown;

export interface Case {
  readonly name: string;
  readonly handler: Handler;
}

export interface Suite {
  readonly name: string;
  readonly context: Record<string, unknown>;
  readonly cases: Case[];
  readonly before: Handler[];
  readonly after: Handler[];
  readonly beforeEach: Handler[];
  readonly afterEach: Handler[];
}

let kept: Suite[] = [];

/** The suites whose `run` was called since the last time. */
export function takeSuites(): Suite[] {
  const taken = kept;
  kept = [];
  return taken;
}

export function suite(name = '', context: Record<string, unknown> = {}) {
  const own: Suite = {name, context, cases: [], before: [], after: [], beforeEach: [], afterEach: []};
  return Object.assign((title: string, handler: Handler) => void own.cases.push({name: title, handler}), {
    before: hook(own.before, own.beforeEach),
    after: hook(own.after, own.afterEach),
    only: (title: string, handler: Handler) => void own.cases.push({name: title, handler}),
    skip: () => undefined,
    run: () => void kept.push(own),
  });
}

export const test = suite();

function hook(once: Handler[], each: Handler[]) {
  return Object.assign((handler: Handler) => void once.push(handler), {each: (handler: Handler) => void each.push(handler)});
}
