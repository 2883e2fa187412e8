import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/zoho/`. */
export const zoho: Reasons = {
  'lib/zoho/coql-endpoint.ts': [
    ['errorBytesMax) this.start.push', 'bounds the memory of a long body; its length alone decides that it is no error'],
    ['bytes += chunk.length', 'bounds the memory of a long body; its length alone decides that it is no error'],
  ],
  'lib/zoho/endpoints.ts': [
    ["key: ''", 'calls that belong to no binding share a key, whichever it is'],
    ["key: paged ? ''", 'calls that belong to no binding share a key, whichever it is'],
  ],
};
