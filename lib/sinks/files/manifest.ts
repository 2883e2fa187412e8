/**
 * `state.json` of an output directory: which capture it holds, how far it is, and which bytes of
 * its files count.
 */
import * as v from 'valibot';
import {ConfigError} from '../../errors/errors.ts';
import {must, parse, table} from '../../errors/validation.ts';
import {jsonOf} from '../../platform/json.ts';

/** Name of the file. */
export const manifestName = 'state.json';

const count = v.pipe(
  v.number(must('a whole number')),
  v.check((found) => Number.isSafeInteger(found) && found >= 0, 'must be a whole number'),
);

const fileSchema = v.object(
  {
    /** Name within the directory. */
    file: v.pipe(
      v.string(must('a string')),
      v.regex(/^[A-Za-z0-9_+=%][A-Za-z0-9\-_+=.%~]*\.ndjson(\.gz)?$/, 'must be the name of an NDJSON file'),
    ),
    /** Committed bytes and lines from the start of the file. */
    bytes: count,
    lines: count,
    /** CRC-32 of the committed bytes. */
    crc32: count,
  },
  must('an object'),
);

const newerSchema = v.object({version: v.pipe(v.number(), v.gtValue(1))});

const manifestSchema = v.object(
  {
    version: v.literal(1, must('1')),
    /** Identifies the capture. All of it must match for a run to continue. */
    capture: v.record(v.string(), v.string(must('a string')), must('an object')),
    /** The reduced state, as Flow would keep it. */
    state: v.pipe(
      v.unknown(),
      v.check((state) => typeof state === 'object' && state !== null && !Array.isArray(state), 'must be an object'),
    ),
    /** By collection. */
    files: table(fileSchema),
  },
  must('an object'),
);

export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestFile = v.InferOutput<typeof fileSchema>;

/** Parses the text of a `state.json`. Throws ConfigError when it is invalid. */
export function parseManifest(text: string, folder: string): Manifest {
  const value = jsonOf(text);
  if (value === undefined) throw new ConfigError(`Cannot read ${folder}/${manifestName}: it is not JSON; ${wayOut}`);
  if (v.is(newerSchema, value))
    throw new ConfigError(
      `Cannot read ${folder}/${manifestName}: a newer source-zoho wrote it; use that version, or choose another directory`,
    );
  return parse(manifestSchema, value, `read ${folder}/${manifestName}`, {wayOut});
}

const wayOut = 'it was written by another program, or changed since; put it back as it was, or choose another directory';

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Throws ConfigError when the directory belongs to another capture than `capture`. */
export function refuseOther(manifest: Manifest, capture: Readonly<Record<string, string>>, folder: string): void {
  const differing = [...new Set([...Object.keys(manifest.capture), ...Object.keys(capture)])]
    .filter((key) => manifest.capture[key] !== capture[key])
    .map((key) => `${key} ${manifest.capture[key] ?? '(none)'} instead of ${capture[key] ?? '(none)'}`);
  if (differing.length === 0) return;
  if (capture.sandbox !== undefined && manifest.capture.sandbox !== undefined) {
    throw new ConfigError(
      `Cannot use ${folder}: it holds a capture of another sandbox, and --sandbox starts a new one every time; choose another directory, remove this one, or run source-zoho sandbox on its own and pass --config`,
    );
  }
  throw new ConfigError(
    `Cannot use ${folder}: it holds another capture (${differing.join(', ')}); choose another directory, or remove this one`,
  );
}
