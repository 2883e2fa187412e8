/**
 * The answer to Flow's `spec` request: what users can configure (flow-protocol sheet 2.1, 2.7,
 * 2.8). Constant, byte for byte.
 */
import {cronPattern} from './cron-pattern.ts';

/** What a sign-in through Flow asks the user to grant. */
const scopes = ['bulk.READ', 'coql.READ', 'modules.READ', 'settings.modules.READ', 'settings.fields.READ'].map(
  (scope) => `ZohoCRM.${scope}`,
);

const configSchema = {
  type: 'object',
  title: 'Zoho CRM',
  required: ['credentials'],
  properties: {
    credentials: {
      type: 'object',
      title: 'Authentication',
      description: 'OAuth2 client and token with which Zoho CRM is read.',
      order: 0,
      'x-oauth2-provider': 'zoho',
      required: ['client_id', 'client_secret', 'refresh_token', 'api_domain'],
      properties: {
        credentials_title: {
          type: 'string',
          title: 'Credentials Title',
          description: 'Name of this way to sign in.',
          const: 'OAuth Credentials',
          default: 'OAuth Credentials',
        },
        client_id: {
          type: 'string',
          title: 'Client ID',
          description: 'Client ID of the OAuth app.',
          secret: true,
        },
        client_secret: {
          type: 'string',
          title: 'Client Secret',
          description: 'Client secret of the OAuth app, of the same data centre as the API domain.',
          secret: true,
        },
        refresh_token: {
          type: 'string',
          title: 'Refresh Token',
          description: 'Refresh token that the OAuth app was given.',
          secret: true,
        },
        api_domain: {
          type: 'string',
          title: 'API Domain',
          description:
            'Domain of the Zoho API, such as https://www.zohoapis.com or https://www.zohoapis.eu. Taken from the OAuth response when you sign in.',
        },
      },
    },
    start_date: {
      type: 'string',
      title: 'Start Date',
      description:
        'UTC date and time, written YYYY-MM-DDTHH:MM:SSZ. Records modified at that time or later are captured. If left blank, it is 30 days before the capture first starts.',
      format: 'date-time',
      order: 1,
    },
  },
};

const resourceConfigSchema = {
  type: 'object',
  title: 'Zoho CRM Module',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: {
      type: 'string',
      title: 'Name',
      description: 'API name of the Zoho CRM module.',
    },
    interval: {
      type: 'string',
      title: 'Interval',
      description: 'How often to look for changes: an ISO 8601 duration, such as PT5M for five minutes.',
      format: 'duration',
      default: 'PT5M',
      nonsensitive: true,
    },
    schedule: {
      type: 'string',
      title: 'Formula Field Refresh Schedule',
      description:
        'When to read the formula fields of all captured records again: a cron expression, in UTC. For example, 55 23 * * * does so every day at 23:55. If left empty, formula fields are not refreshed.',
      pattern: cronPattern,
      default: '',
      nonsensitive: true,
    },
    _meta: {
      title: 'Meta',
      description: "Flow's own notes on this binding.",
      anyOf: [{type: 'object', additionalProperties: true}, {type: 'null'}],
      default: null,
    },
  },
};

const client = 'client_id={{#urlencode}}{{{ client_id }}}{{/urlencode}}';
const redirect = 'redirect_uri={{#urlencode}}{{{ redirect_uri }}}{{/urlencode}}';

const oauth2 = {
  provider: 'zoho',
  authUrlTemplate: `https://accounts.zoho.com/oauth/v2/auth?${[
    'response_type=code',
    client,
    `scope=${encodeURIComponent(scopes.join(','))}`,
    'access_type=offline',
    redirect,
    'state={{#urlencode}}{{{ state }}}{{/urlencode}}',
  ].join('&')}`,
  accessTokenUrlTemplate: 'https://accounts.zoho.com/oauth/v2/token',
  accessTokenBody: [
    'grant_type=authorization_code',
    client,
    'client_secret={{#urlencode}}{{{ client_secret }}}{{/urlencode}}',
    redirect,
    'code={{#urlencode}}{{{ code }}}{{/urlencode}}',
  ].join('&'),
  accessTokenHeaders: {'content-type': 'application/x-www-form-urlencoded'},
  accessTokenResponseMap: {api_domain: '/api_domain', refresh_token: '/refresh_token'},
};

/** The body of the `spec` response. It needs no config, network or credentials. */
export const specResponse = {
  protocol: 3_032_023,
  configSchema,
  resourceConfigSchema,
  documentationUrl: 'https://go.estuary.dev/source-zoho',
  oauth2,
  resourcePathPointers: ['/name'],
};
