/** For each file of `lib/`, parts of its lines and the reason that goes for every change to such a line. The first part that fits decides. */
export type Reasons = Readonly<Record<string, readonly (readonly [part: string, reason: string])[]>>;
