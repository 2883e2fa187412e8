/** Refusals that several endpoints share (zoho-api sheet 1.3, 8). */
import {type Answer, refusal} from './request.ts';

export const invalidToken = (): Answer => refusal(401, 'INVALID_TOKEN', 'invalid oauth token');

export const scopeMismatch = (): Answer => refusal(401, 'OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL');

/** The user's profile lacks a permission: by default, the one for the module at hand. */
export const noPermission = (permission = 'Crm_Implied_View_Module'): Answer =>
  refusal(403, 'NO_PERMISSION', 'permission denied', {permissions: [permission]});

export const invalidUrl = (): Answer =>
  refusal(404, 'INVALID_URL_PATTERN', 'Please check if the URL trying to access is a correct one');

export const invalidMethod = (): Answer =>
  refusal(400, 'INVALID_REQUEST_METHOD', 'The http request method type is not a valid one');

export const notFound = (status: number, resource: string): Answer =>
  refusal(status, 'RESOURCE_NOT_FOUND', 'The requested resource does not exist', {resource});
