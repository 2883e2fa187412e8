/** A capture through the sandbox, with every call that it made and every answer that it got. */
import type {Answer, SandboxRequest} from '../../lib/sandbox/request.ts';
import {JumpCapture, type JumpOptions} from '../system/consistency/jump-capture.ts';
import type {Exchange} from './openapi.ts';

export interface Recorded extends Exchange {
  readonly kind: SandboxRequest['kind'];
}

const options: JumpOptions = {
  records: 300,
  switches: {rowsPerJob: 100, queueMs: 5_000, jobMs: 5_000},
  bindings: [{module: 'Leads', schedule: '0 * * * *'}, {module: 'Contracts', schedule: '0 * * * *'}, {module: 'Deals'}],
};

/** Backfills of several pages, sweeps, deletions of both kinds, a refresh, and fields that either API refuses. */
export async function recordedCapture(): Promise<Recorded[]> {
  const exchanges: Recorded[] = [];
  const onExchange = (request: SandboxRequest, answer: Answer) => void exchanges.push(recorded(request, answer));
  await JumpCapture.with({...options, onExchange}, async (capture) => {
    const leads = capture.sandbox.org.module('Leads');
    leads.refuseField('Company', 'bulk');
    leads.refuseField('City', 'coql');
    leads.hideField('Designation');
    capture.start();
    await capture.catchUp();
    const ids = [...leads.ids()];
    leads.massEdit(ids.slice(0, 50));
    leads.delete(ids[60]!);
    leads.delete(ids[61]!, {permanent: true});
    await capture.catchUp();
    await capture.pass(70 * 60_000);
    await capture.kill();
    const {client} = await callsOf(capture.sandbox.url, capture.sandbox.credentials);
    await client('/crm/v8/settings/modules');
    for (const name of capture.sandbox.org.modules.keys()) await client(`/crm/v8/settings/fields?module=${name}&type=all`);
    await client('/crm/bulk/v8/read/1');
  });
  return exchanges;
}

function recorded({kind, method, path, query, headers, body}: SandboxRequest, answer: Answer): Recorded {
  return {
    kind,
    method,
    path,
    query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()])),
    body: body.toString(),
    status: answer.status,
    contentType: answer.headers?.['content-type'],
    answer: typeof answer.body === 'string' ? answer.body : undefined,
  };
}

/** Plain calls beside those of the capture, for answers that it has no need of. */
async function callsOf(url: string, credentials: object) {
  const body = new URLSearchParams({grant_type: 'refresh_token', ...credentials});
  const token = JSON.parse(await (await fetch(`${url}/oauth/v2/token`, {method: 'POST', body})).text()).access_token;
  return {client: (path: string) => fetch(url + path, {headers: {authorization: `Zoho-oauthtoken ${token}`}})};
}
