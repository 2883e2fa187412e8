/**
 * Schemas of Zoho's answers: strict about what is used, lenient about the rest, because Zoho adds
 * fields (zoho-api sheet 1.2, 2, 3, 4, 6).
 */
import * as v from 'valibot';

const text = v.pipe(v.string(), v.minLength(1));
/** A job's id becomes part of an address. */
const jobId = v.pipe(v.string(), v.regex(/^[\w-]+$/));

/** A token becomes part of a header, which allows only these characters. */
const headerText = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/));

export const tokenReply = v.object({
  access_token: headerText,
  expires_in: v.optional(v.pipe(v.union([v.number(), v.pipe(v.string(), v.transform(Number))]), v.finite(), v.minValue(1))),
  expires_in_sec: v.optional(v.pipe(v.number(), v.finite(), v.minValue(1))),
  api_domain: v.nullish(v.string()),
  scope: v.nullish(v.string()),
});
export type TokenReply = v.InferOutput<typeof tokenReply>;

/** An invalid value in metadata counts as absent: one bad entry must not hide the others. */
const word = v.fallback(v.nullish(v.string()), undefined);

const moduleReply = v.object({
  api_name: word,
  api_supported: v.fallback(v.nullish(v.boolean()), undefined),
  generated_type: word,
  status: word,
  plural_label: word,
});
export const modulesReply = v.object({modules: v.array(v.fallback(moduleReply, {}))});

/**
 * Structures that do not apply arrive as `{}`, as null, or not at all. Anything else counts as
 * absent, too.
 */
const computed = v.fallback(
  v.nullish(v.object({return_type: v.nullish(v.string()), dynamic: v.nullish(v.boolean())})),
  undefined,
);
const pickList = v.fallback(
  v.nullish(v.array(v.object({display_value: v.nullish(v.string()), actual_value: v.nullish(v.string())}))),
  undefined,
);

const profiles = v.fallback(v.nullish(v.array(v.object({permission_type: word}))), undefined);

const fieldReply = v.object({
  api_name: word,
  data_type: word,
  json_type: word,
  formula: computed,
  rollup_summary: computed,
  pick_list_values: pickList,
  /** Whether the token's user sees the field, and what each profile may do with it. */
  visible: v.optional(v.fallback(v.nullish(v.boolean()), undefined)),
  profiles: v.optional(profiles),
});
export type FieldReply = v.InferOutput<typeof fieldReply>;
/** Null when the list is something else. */
export const fieldsReply = v.object({fields: v.fallback(v.nullable(v.array(v.fallback(fieldReply, {}))), null)});

export const createdReply = v.object({
  data: v.pipe(v.array(v.object({details: v.object({id: jobId})})), v.minLength(1)),
});

/** A number, or its text. */
const count = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
  v.integer(),
  v.minValue(0),
);
/** A boolean, also as text or a number. Anything else means unknown, not false. */
const flag = v.fallback(
  v.nullish(
    v.pipe(
      v.union([
        v.boolean(),
        v.pipe(v.string(), v.trim(), v.toLowerCase(), v.picklist(['true', 'false', '1', '0'])),
        v.picklist([0, 1]),
      ]),
      v.transform((value) => value === 'true' || Number(value) === 1),
    ),
  ),
  undefined,
);
/** Zoho chooses the form of a token; one of digits may arrive as a number. */
const pageToken = v.union([v.string(), v.pipe(v.number(), v.safeInteger(), v.transform(String))]);
const reason = v.union([
  v.object({code: v.nullish(v.string()), message: v.nullish(v.string())}),
  v.pipe(
    v.string(),
    v.transform((message) => ({code: '', message})),
  ),
]);

export const jobReply = v.object({
  data: v.pipe(
    v.array(
      v.object({
        state: text,
        result: v.nullish(
          v.object({
            count: v.fallback(v.nullish(count), undefined),
            download_url: v.nullish(v.string()),
            more_records: flag,
            next_page_token: v.nullish(pageToken),
            per_page: v.fallback(v.nullish(count), undefined),
            error_message: v.fallback(v.nullish(reason), undefined),
          }),
        ),
      }),
    ),
    v.minLength(1),
  ),
});

/** `deletionsOf` checks its rows one by one. */
export const deletedReply = v.object({
  data: v.array(v.unknown()),
  info: v.fallback(v.nullish(v.object({more_records: flag})), undefined),
});

/**
 * The content of an error in any of its shapes: flat, the first of `data`, or the accounts host's
 * `error`.
 */
export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly details: Details;
}

const details = v.object({
  api_name: v.fallback(v.nullish(v.string()), undefined),
  column_name: v.fallback(v.nullish(v.string()), undefined),
  json_path: v.fallback(v.nullish(v.string()), undefined),
  module: v.fallback(v.nullish(v.string()), undefined),
  near: v.fallback(v.nullish(v.string()), undefined),
  param_name: v.fallback(v.nullish(v.string()), undefined),
  permissions: v.fallback(v.nullish(v.array(v.string())), undefined),
});
export type Details = v.InferOutput<typeof details>;

const flat = v.object({
  code: text,
  message: v.fallback(v.string(), ''),
  details: v.fallback(details, {}),
  status: v.fallback(v.nullish(v.string()), undefined),
});
const wrapped = v.object({data: v.looseTuple([flat])});
const accounts = v.object({error: text, error_description: v.fallback(v.string(), '')});

/** The error in an answer; undefined when it has none of the shapes. */
export function apiErrorOf(body: unknown): ApiError | undefined {
  if (v.is(flat, body)) return v.parse(flat, body);
  if (v.is(wrapped, body)) return v.parse(wrapped, body).data[0];
  if (!v.is(accounts, body)) return undefined;
  const {error, error_description} = v.parse(accounts, body);
  return {code: error, message: error_description, details: {}};
}

/** The error in an answer whose HTTP status reports success: its own `status` must be `error`. */
export function hiddenApiError(body: unknown): ApiError | undefined {
  const inner = v.is(wrapped, body) ? v.parse(wrapped, body).data[0] : v.is(flat, body) ? v.parse(flat, body) : undefined;
  if (inner !== undefined) return inner.status === 'error' ? inner : undefined;
  return v.is(accounts, body) ? apiErrorOf(body) : undefined;
}

/** The number in the answer to a query that counts; undefined when it has none. */
export function countIn(body: unknown): number | undefined {
  const reply = v.safeParse(countReply, body);
  return reply.success ? Object.values(reply.output.data[0])[0] : undefined;
}

const countReply = v.object({data: v.tuple([v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0)))])});

/**
 * Whether an answer with status 200 is a form of an empty list: an empty body, `[]`, `{}`, or an
 * object whose list is null, empty or absent (zoho-api sheet 5.1). Not when more records are to
 * follow, and not for an error.
 */
export function saysNothing(body: unknown, list: string): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const {[list]: listed = null, info} = body as Readonly<Record<string, unknown>>;
  if (!(listed === null || (Array.isArray(listed) && listed.length === 0))) return false;
  return Object.keys(body).every((key) => key === list || key === 'info') && !v.is(moreInfo, info);
}

const moreInfo = v.object({more_records: v.union([v.literal(true), v.literal('true')])});
