/** Every fault: what it does, and which calls it can affect. */
import {all, api, bodyChanged, bodyOf, type FaultEntry, fieldsOf, jsons, middleOf} from './fault-parts.ts';
import {invalidAnswers} from './invalid-answers.ts';
import {type Answer, json, refusal} from './request.ts';

const throttle = (headers: Readonly<Record<string, string>> = {}): Answer => {
  const answer = refusal(429, 'TOO_MANY_REQUESTS', 'too many requests');
  return {...answer, headers: {...answer.headers, ...headers}};
};

const html = (status: number): Answer => ({
  status,
  headers: {'content-type': 'text/html'},
  body: `<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>ZGS</body></html>`,
});

/** Changes the first entry of a job's status; undefined when there is none. */
async function statusChanged(answer: Answer, change: (job: Record<string, unknown>) => boolean): Promise<Answer | undefined> {
  if (answer.status !== 200) return undefined;
  const value: {data: Record<string, unknown>[]} = JSON.parse((await bodyOf(answer)).toString());
  const [job] = value.data;
  return job && change(job) ? {...answer, ...json(200, value)} : undefined;
}

const hourMs = 3_600_000;

const gone = (): Answer => refusal(404, 'RESOURCE_NOT_FOUND', 'The requested resource does not exist', {resource: 'read'});

/** Rows of a query that Zoho still serves while larger pages fail. */
const heavyRows = 20;

const entries = {
  throttle: {what: '429 TOO_MANY_REQUESTS, as for any limit', kinds: api, instead: () => throttle()},
  'throttle-after': {what: '429 with Retry-After: 1', kinds: api, instead: () => throttle({'retry-after': '1'})},
  'error-500': {what: '500 INTERNAL_ERROR', kinds: api, instead: () => refusal(500, 'INTERNAL_ERROR', 'Internal Server Error')},
  'html-502': {what: '502 with an HTML page', kinds: all, instead: () => html(502)},
  'html-200': {what: '200 with an HTML page', kinds: all, instead: () => html(200)},
  'invalid-token': {what: '401 INVALID_TOKEN', kinds: api, instead: () => refusal(401, 'INVALID_TOKEN', 'invalid oauth token')},
  'scope-mismatch': {
    what: '401 OAUTH_SCOPE_MISMATCH',
    kinds: api,
    instead: () => refusal(401, 'OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL'),
  },
  'no-permission': {what: '403 NO_PERMISSION', kinds: api, instead: () => refusal(403, 'NO_PERMISSION', 'permission denied')},
  reset: {
    what: 'connection reset before the call arrives',
    kinds: all,
    instead: () => ({...json(200, {}), wire: {resetAt: 'headers'}}),
  },
  'lost-answer': {
    what: 'connection reset after the call was carried out, before its answer',
    kinds: all,
    spoil: (answer) => ({...answer, wire: {resetAt: 'headers'}}),
  },
  'reset-body': {
    what: 'connection reset inside the body',
    kinds: all,
    spoil: (answer, random) => bodyChanged(answer, (body) => ({wire: {resetAt: middleOf(body.length, random)}})),
  },
  short: {
    what: 'body shorter than its announced length',
    kinds: ['result'],
    spoil: (answer, random) =>
      bodyChanged(answer, (body) => ({
        headers: {...answer.headers, 'content-length': String(body.length)},
        wire: {endAt: middleOf(body.length, random)},
      })),
  },
  'short-announced': {
    what: 'body cut, with a matching length',
    kinds: ['result'],
    spoil: (answer, random) => bodyChanged(answer, (body) => ({body: body.subarray(0, middleOf(body.length, random))})),
  },
  'short-chunked': {
    what: 'body without announced length cut, as if it were complete',
    kinds: ['result'],
    spoil: (answer, random) => bodyChanged(answer, (body) => ({body: oneChunk(body.subarray(0, middleOf(body.length, random)))})),
  },
  corrupt: {
    what: 'one bit of the file flipped',
    kinds: ['result'],
    spoil: (answer, random) => bodyChanged(answer, (body) => ({body: flipped(body, middleOf(body.length, random), random)})),
  },
  stall: {
    what: 'no answer, the connection stays open',
    kinds: all,
    instead: async (request) => {
      await request.done;
      return {...json(200, {}), wire: {resetAt: 'headers'}};
    },
  },
  'stall-body': {
    what: 'body stops half-way, the connection stays open',
    kinds: all,
    spoil: (answer, random) => bodyChanged(answer, (body) => ({wire: {stallAt: middleOf(body.length, random)}})),
  },
  drip: {
    what: 'body in twenty slow pieces',
    kinds: all,
    spoil: (answer) => bodyChanged(answer, (body) => ({wire: {drip: {bytes: Math.ceil(body.length / 20), pauseMs: 50}}})),
  },
  malformed: {
    what: 'JSON with an extra bracket',
    kinds: jsons,
    spoil: (answer) => bodyChanged(answer, (body) => ({body: `${body.subarray(0, -1)}]}`})),
  },
  truncated: {
    what: 'JSON cut, with a matching length',
    kinds: jsons,
    spoil: (answer, random) => bodyChanged(answer, (body) => ({body: body.subarray(0, middleOf(body.length, random))})),
  },
  'date-ahead': {
    what: 'answer dated three hours ahead',
    kinds: api,
    spoil: (answer) => ({...answer, wire: {...answer.wire, dateAheadMs: 3 * hourMs}}),
  },
  'date-behind': {
    what: 'answer dated a day behind',
    kinds: api,
    spoil: (answer) => ({...answer, wire: {...answer.wire, dateAheadMs: -24 * hourMs}}),
  },
  'date-invalid': {
    what: 'answer with an invalid Date header',
    kinds: api,
    spoil: (answer) => ({...answer, wire: {...answer.wire, dateAheadMs: 'invalid'}}),
  },
  'heavy-page': {
    what: `500 INTERNAL_ERROR for a query of more than ${heavyRows} rows`,
    kinds: ['coql'],
    instead: ({body}) =>
      Number(/\blimit \d+, (\d+)/.exec(body.toString())?.[1] ?? 0) > heavyRows
        ? refusal(500, 'INTERNAL_ERROR', 'Internal Server Error')
        : undefined,
  },
  'token-throttle': {
    what: 'token refused: too many requests',
    kinds: ['token'],
    instead: () =>
      json(400, {
        error_description: 'You have made too many requests continuously. Please try again after some time.',
        error: 'Access Denied',
        status: 'failure',
      }),
  },
  'token-revoked': {
    what: 'refresh token unknown, with status 200',
    kinds: ['token'],
    instead: () => json(200, {error: 'invalid_code'}),
  },
  'job-failure': {
    what: 'job ends permanently in FAILURE',
    kinds: ['status'],
    spoil: (answer) =>
      statusChanged(answer, (job) => {
        job.state = 'FAILURE';
        job.result = {
          error_message: {status: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error', details: {}},
        };
        return true;
      }),
    lasts: ({path}) => [path],
  },
  'unknown-state': {
    what: 'job in an undocumented state',
    kinds: ['status'],
    spoil: (answer) =>
      statusChanged(answer, (job) => {
        job.state = 'PAUSED';
        delete job.result;
        return true;
      }),
  },
  'no-result': {
    what: 'job completed without its result',
    kinds: ['status'],
    spoil: (answer) => statusChanged(answer, (job) => job.state === 'COMPLETED' && delete job.result),
  },
  'wrong-count': {
    what: 'job that counts one row more than its file has',
    kinds: ['status'],
    spoil: (answer) => statusChanged(answer, (job) => changeResult(job, 'count', (count) => Number(count) + 1)),
  },
  'foreign-url': {
    what: 'job whose file is on another host',
    kinds: ['status'],
    spoil: (answer) =>
      statusChanged(answer, (job) => changeResult(job, 'download_url', (path) => `https://files.invalid${path}`)),
  },
  redirect: {
    what: '302 to another host',
    kinds: all,
    instead: ({path}) => ({status: 302, headers: {location: `https://elsewhere.invalid${path}`}}),
  },
  'page-token-expired': {
    what: '400 EXPIRED_VALUE for a page token',
    kinds: ['create'],
    instead: ({body}) =>
      body.includes('"page_token"')
        ? refusal(400, 'EXPIRED_VALUE', 'Page token expired', {api_name: 'page_token', json_path: '$.query.page_token'})
        : undefined,
  },
  'lost-job': {what: 'job permanently unknown', kinds: ['status'], instead: gone, lasts: ({path}) => [path, `${path}/result`]},
  'lost-result': {what: 'file of a job permanently gone', kinds: ['result'], instead: gone, lasts: ({path}) => [path]},
  'not-ready': {what: 'file of a completed job not ready yet', kinds: ['result'], instead: gone},
  'refused-field': {
    what: 'one of the requested fields refused, only in this request',
    kinds: ['create', 'coql'],
    instead: (request, random) => {
      const fields = fieldsOf(request);
      const field = fields[Math.floor(random() * fields.length)];
      if (field === undefined) return undefined;
      return request.kind === 'coql'
        ? refusal(400, 'INVALID_QUERY', 'column given seems to be invalid', {column_name: field})
        : refusal(400, 'FIELD_NOT_SUPPORTED', 'the field is not supported', {api_name: field});
    },
  },
  'refused-feed': {
    what: 'deletions refused because of the request, not the module',
    kinds: ['deleted'],
    instead: () => refusal(400, 'PATTERN_NOT_MATCHED', 'Please check whether the input values are correct', {param_name: 'type'}),
  },
  'syntax-error': {
    what: 'a valid query refused, as when queries run concurrently',
    kinds: ['coql'],
    instead: () => refusal(400, 'SYNTAX_ERROR', 'error occured while parsing the query', {near: 'where'}),
  },
  'refused-module': {
    what: 'module refused',
    kinds: ['fields', 'create', 'coql', 'deleted'],
    instead: ({kind}) => {
      if (kind === 'fields') return refusal(400, 'NO_PERMISSION', 'permission denied');
      if (kind === 'create') return refusal(400, 'MODULE_NOT_SUPPORTED', 'the module is not supported');
      return refusal(400, 'INVALID_MODULE', 'the given module is not supported in api');
    },
  },
  ...invalidAnswers,
} as const satisfies Record<string, FaultEntry>;

export type FaultName = keyof typeof entries;

export const faultList: Readonly<Record<FaultName, FaultEntry>> = entries;

export const faultNames: readonly FaultName[] = namesOf(entries);

function namesOf<Name extends string>(list: Readonly<Record<Name, FaultEntry>>): Name[] {
  const names: Name[] = [];
  for (const name in list) names.push(name);
  return names;
}

/** Changes one value of a completed job's result; false when there is no result yet. */
function changeResult(job: Record<string, unknown>, key: string, change: (value: unknown) => unknown): boolean {
  const {result} = job;
  if (job.state !== 'COMPLETED' || typeof result !== 'object' || result === null) return false;
  job.result = {...result, [key]: change(Reflect.get(result, key))};
  return true;
}

function flipped(body: Buffer, at: number, random: () => number): Buffer {
  const copy = Buffer.from(body);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
  return copy;
}

async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield body;
}
