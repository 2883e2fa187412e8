/** What Zoho says of a bulk read job (zoho-api sheet 4.3). Pure. */
import type * as v from 'valibot';
import type {BulkJob} from './api.ts';
import {saidBy} from './classify.ts';
import type {jobReply} from './schemas.ts';

export type JobReply = v.InferOutput<typeof jobReply>['data'][number];

/** A job as it is to be understood: any state that is not known is `unknown`, with its name. */
export function bulkJobOf({state, result}: JobReply): BulkJob {
  if (inProgress.test(state)) return {state: 'pending'};
  if (endedBadly.test(state)) {
    const {code, message} = result?.error_message ?? {};
    return {state: 'failed', reason: saidBy({code: code ?? '', message: message ?? ''}) || undefined};
  }
  if (state.toUpperCase() !== 'COMPLETED') return {state: 'unknown', reason: saidBy({code: state, message: ''})};
  return {
    state: 'completed',
    count: result?.count ?? undefined,
    nextPageToken: result?.next_page_token || undefined,
    more: result?.more_records ?? undefined,
    ...(result?.per_page != null && {perPage: result.per_page}),
  };
}

/** States of a running job, and of a failed one. Those of failures are undocumented. */
const inProgress = /^(?:added|queued|scheduled|pending|started|running|processing|in[ _-]?progress)$/i;
const endedBadly = /^(?:fail|error|cancel|abort|reject|expire|terminate)/i;
