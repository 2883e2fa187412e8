/**
 * Broken controls for the model's oddities: one defect at a time, each of which the model check
 * must catch.
 */
import {Ahead} from '../../../lib/capture/seen/ahead.ts';
import {EmittedVersions} from '../../../lib/capture/seen/emitted-versions.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {PageSize} from '../../../lib/sources/page-size.ts';
import {ZohoClock} from '../../../lib/zoho/zoho-clock.ts';
import {type Control, replaced} from './patched.ts';
import {startMs} from './run.ts';

export const oddityControls: readonly Control[] = [
  {name: 'every date is believed at once', seed: 29, run: {oddities: {wrongDates: 0.05}}, breakIt: believeEveryDate},
  {
    name: 'an older reading of COQL is emitted after a newer one',
    seed: 16,
    run: {oddities: {lagMs: 8_000}},
    breakIt: () => replaced(EmittedVersions.prototype, {isPassed: () => false}),
  },
  {
    name: 'a reading of COQL from before a deletion undoes it',
    seed: 60,
    run: {oddities: {lagMs: 8_000}},
    breakIt: () => replaced(EmittedVersions.prototype, {isDoubtful: () => false}),
  },
  {
    name: 'a missing flag of the feed is taken for its end',
    seed: 7,
    run: {
      oddities: {flags: 'missing'},
      wrap: (real) => ({
        ...real,
        async deleted(...args) {
          const page = await real.deleted(...args);
          return page && {...page, more: page.more ?? false};
        },
      }),
    },
  },
  {
    name: 'pages that fail do not get smaller',
    seed: 1,
    run: {oddities: {servedMax: 1}},
    breakIt: () => replaced(PageSize.prototype, {failed: () => false}),
  },
  {
    name: 'lists of ids that are refused do not get smaller',
    seed: 6,
    run: {
      oddities: {listMax: 1},
      wrap: (real) => ({
        ...real,
        coql: (query, signal, options) =>
          real.coql(query, signal, options).catch((error: unknown) => {
            const refused = error instanceof ZohoError && error.code === 'LIMIT_EXCEEDED';
            throw refused ? new ZohoError('module', error.message) : error;
          }),
      }),
    },
  },
  {
    name: 'a restart forgets which records of the future were captured',
    seed: 16,
    run: {oddities: {future: 12}},
    breakIt: () => replaced(Ahead.prototype, {note: () => {}}),
  },
  {
    name: 'records of the future are taken for known, whatever they hold',
    seed: 6,
    run: {oddities: {future: 12}},
    breakIt: ignoreContentOfFuture,
  },
];

/**
 * Takes every reading of a record of the future for a duplicate of the version with the same time.
 */
function ignoreContentOfFuture(): () => void {
  const {document, holdsDocument} = EmittedVersions.prototype;
  // Records of the future lie at least an hour after the beginning of a run, which is no longer
  // than that.
  const isFuture = (seconds: number): boolean => seconds >= startMs / 1000 + 3_600;
  return replaced(EmittedVersions.prototype, {
    document(this: EmittedVersions, ...[id, seconds, digest]: Parameters<typeof document>) {
      return !(isFuture(seconds) && holdsDocument.call(this, id, seconds)) && document.call(this, id, seconds, digest);
    },
  });
}

/** Goes by the date of the latest answer, whatever it says. */
function believeEveryDate(): () => void {
  const latest = new WeakMap<ZohoClock, number>();
  const {note} = ZohoClock.prototype;
  const seconds = Object.getOwnPropertyDescriptor(ZohoClock.prototype, 'seconds')!;
  ZohoClock.prototype.note = function (header) {
    latest.set(this, Date.parse(header ?? '') / 1000);
    note.call(this, header);
  };
  Object.defineProperty(ZohoClock.prototype, 'seconds', {
    ...seconds,
    get(this: ZohoClock) {
      return latest.get(this);
    },
  });
  return () => {
    ZohoClock.prototype.note = note;
    Object.defineProperty(ZohoClock.prototype, 'seconds', seconds);
  };
}
