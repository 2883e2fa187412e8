/** Questions about the caller: the current user and the organisation (zoho-api sheet 7). */
import {moduleId} from './metadata.ts';
import type {Org} from './org.ts';
import {type Answer, json} from './request.ts';

/** `GET /crm/v8/users?type=CurrentUser`. */
export function currentUser(org: Org): Answer {
  const [user] = org.users;
  return json(200, {
    users: [
      {id: user?.id, first_name: user?.firstName, last_name: user?.lastName, status: 'active', time_zone: org.switches.zone},
    ],
    info: {per_page: 200, count: 1, page: 1, more_records: false},
  });
}

/** `GET /crm/v8/org`. */
export function organisation(org: Org): Answer {
  const [module] = org.modules.values();
  const id = module ? moduleId(org, module) : '0';
  return json(200, {
    org: [{id, company_name: 'Sandbox & Sons', time_zone: org.switches.zone, currency: 'US Dollar - USD', iso_code: 'USD'}],
  });
}
