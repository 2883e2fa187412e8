/**
 * Runs one case of a spec with one file of `lib/` changed, in a process of its own: `node try-one.ts MUTANT`, a `KnownMutant` as JSON.
 *
 * Prints `noticed: MESSAGE` when the case fails and `lived` when it passes. Whatever keeps it from being tried is an error.
 */
import {readFileSync} from 'node:fs';
import {registerHooks, stripTypeScriptTypes} from 'node:module';
import {runCases} from './case-run.ts';
import {takeSuites} from './recorder.ts';

/** A change that no spec noticed once. */
export interface KnownMutant {
  /** What the changed code does, for people. */
  readonly name: string;
  /** Below `lib/`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly search: string;
  readonly replace: string;
  /** Below `spec/`, without `.spec.ts`. */
  readonly spec: string;
  /** The case that notices it, as the spec names it. */
  readonly case: string;
}

const root = new URL('../../', import.meta.url);

/** The changed text of a file. */
export function changed({file, search, replace}: KnownMutant, text: string): string {
  const parts = text.split(search);
  if (parts.length !== 2)
    throw new Error(
      `Cannot change lib/${file}: it holds ${JSON.stringify(search)} ${parts.length - 1} times instead of once; give the mutant its new text`,
    );
  return parts.join(replace);
}

async function tryOne(mutant: KnownMutant): Promise<string> {
  const target = new URL(`lib/${mutant.file}`, root);
  const source = stripTypeScriptTypes(changed(mutant, readFileSync(target, 'utf8')));
  const recorder = {url: new URL('recorder.ts', import.meta.url).href, format: 'module-typescript', shortCircuit: true};
  let isLoaded = false;
  registerHooks({
    resolve: (specifier, context, next) => (specifier === 'uvu' ? recorder : next(specifier, context)),
    load(url, context, next) {
      if (url !== target.href) return next(url, context);
      isLoaded = true;
      return {format: 'module', source, shortCircuit: true};
    },
  });
  await import(new URL(`spec/${mutant.spec}.spec.ts`, root).href);
  if (!isLoaded) throw new Error(`Cannot try the mutant: ${mutant.spec} does not load lib/${mutant.file}`);
  const cases = takeSuites().flatMap((suite) => suite.cases.map((one) => ({id: one.name, suite, one})));
  const chosen = cases.filter(({id}) => id === mutant.case);
  if (chosen.length !== 1)
    throw new Error(
      `Cannot try the mutant: ${mutant.spec} has ${chosen.length} cases with the name ${JSON.stringify(mutant.case)}`,
    );
  const [outcome] = await runCases(chosen);
  return outcome?.failure === undefined ? 'lived' : `noticed: ${outcome.failure}`;
}

if (import.meta.main) {
  try {
    process.stdout.write(`${await tryOne(JSON.parse(process.argv[2] ?? '') as KnownMutant)}\n`);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  }
}
