/** Where values from outside come in: valibot's findings in our own words, which never repeat a value. */
import * as v from 'valibot';

/** Message of a schema: what the value must be, and what kind of value was found instead. */
export function must(be: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => (issue.received === 'undefined' ? 'is missing' : `must be ${be}, not ${kindOf(issue.input)}`);
}

/** An action that turns text into a value, and says `message` of text that gives `undefined`. */
export function reads<T>(read: (text: string) => T | undefined, message: string): v.RawTransformAction<string, T> {
  return v.rawTransform(({dataset, addIssue, NEVER}) => {
    const value = read(dataset.value);
    if (value !== undefined) return value;
    addIssue({message});
    return NEVER;
  });
}

/** All problems in one line, each with the place it is at: `credentials.client_id is missing; start_date must be ...`. */
export function problems(issues: readonly v.BaseIssue<unknown>[]): string {
  const lines = issues.map((issue) => `${(v.getDotPath(issue) ?? 'it').slice(0, placeMax)} ${issue.message}`);
  return [...new Set(lines)].join('; ');
}

/** Characters of a place that are shown: it holds names of properties, which are anybody's. */
const placeMax = 200;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
