import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {capturePage} from '../../../lib/commands/report/capture-page.ts';
import {ratesOf} from '../../../lib/commands/report/pictures.ts';
import {activityOf, type ModuleRecord, type RunRecord} from '../../../lib/commands/report/record.ts';
import {answersOf, pacesOf, sharesOf} from '../../../lib/commands/report/verdict.ts';

const report = suite('report');

const leads: ModuleRecord = {
  module: 'Leads',
  documents: 30,
  deletions: 1,
  dropped: 2,
  quarantined: 0,
  sweeps: 1,
  fault: undefined,
  spans: [
    {activity: 'job', phase: 'waiting for job', fromMs: 0, toMs: 600},
    {activity: 'download', phase: 'downloading', fromMs: 600, toMs: 900},
    {activity: 'sweep', phase: 'sweeping', fromMs: 900, toMs: 1_000},
    {activity: 'idle', phase: 'up to date', fromMs: 1_000, toMs: 2_000},
  ],
};

const record: RunRecord = {
  outcome: {state: 'done'},
  creditsLeft: undefined,
  holds: [{reason: 'Zoho asks for fewer calls', fromMs: 100, toMs: 300}],
  began: '2026-10-01T10:00:00.000Z',
  version: '2.0.0',
  elapsedMs: 2_000,
  documents: 30,
  calls: 4,
  credits: 54,
  creditsBy: {create: 50, deleted: 4},
  rssPeakBytes: 120e6,
  modules: [leads],
  samples: [
    {atMs: 0, documents: 0, rssBytes: 80e6, calls: 0, credits: 0},
    {atMs: 1_000, documents: 30, rssBytes: 120e6, calls: 4, credits: 54},
    {atMs: 2_000, documents: 30, rssBytes: 110e6, calls: 4, credits: 54},
  ],
  incidents: [{atMs: 500, level: 'warn', message: 'Slow <down> & "wait"', module: 'Leads'}],
  incidentsLeftOut: 3,
};

report('the activity behind a phase', () => {
  assert.is(activityOf('waiting to start a download', undefined), 'queue');
  assert.is(activityOf('waiting for job', undefined), 'job');
  assert.is(activityOf('downloading', undefined), 'download');
  assert.is(activityOf('sweeping', undefined), 'sweep');
  assert.is(activityOf('starting', undefined), 'start');
  assert.is(activityOf('up to date', undefined), 'idle');
  assert.is(activityOf('downloading', 'no permission'), 'paused');
});

report('shares are of the time of all modules, largest first', () => {
  assert.equal(sharesOf([leads], []), [
    ['job', 0.6],
    ['download', 0.3],
    ['sweep', 0.1],
  ]);
  assert.equal(sharesOf([leads], record.holds), [
    ['job', 0.4],
    ['download', 0.3],
    ['limit', 0.2],
    ['sweep', 0.1],
  ]);
  assert.equal(sharesOf([], []), []);
});

report('what set the pace is the furthest that any module was, and limits before the waiting that they cause', () => {
  const deals: ModuleRecord = {
    ...leads,
    module: 'Deals',
    spans: [
      {activity: 'queue', phase: 'waiting to start a job', fromMs: 0, toMs: 500},
      {activity: 'download', phase: 'downloading', fromMs: 500, toMs: 1_000},
    ],
  };
  assert.equal(pacesOf([leads, deals], record.holds), [
    ['download', 0.5],
    ['job', 0.3],
    ['limit', 0.2],
  ]);
  assert.equal(pacesOf([], []), []);
});

report('the answers name what was waited for, what limited the rate and what it cost; idle time is none of it', () => {
  assert.equal(
    answersOf(record).map(({headline, detail}) => `${headline}: ${detail}`),
    [
      "40 % waiting for Zoho's jobs: of the time that modules had work to do; then 30 % downloading, 20 % held back by Zoho's limits, 10 % reading changes.",
      "Zoho's jobs (40 %): set the pace of the run, then the downloads themselves 30 %, Zoho's limits 20 %, queries for changes 10 %. Limits delayed calls for 0.2 s of 2.0 s.",
      '54 credits: in 4 API calls; 93 % went into bulk jobs.',
    ],
  );
  const idle = answersOf({...record, modules: [], holds: [], creditsLeft: 12_000, credits: 1, creditsBy: {fields: 1}, calls: 1});
  assert.equal(
    idle.map(({headline}) => headline),
    ['Nothing', 'Nothing: everything was up to date', '1 credit'],
  );
  assert.match(idle[2]!.detail, /The organisation has 12,000 left/);
});

report('the page says of a run how it ended, unless it ended well', () => {
  assert.not.match(capturePage(record), /data-outcome/);
  assert.match(capturePage({...record, outcome: {state: 'interrupted'}}), /data-outcome="interrupted">The run was interrupted\./);
  assert.match(capturePage({...record, outcome: {state: 'failed', reason: 'No <disk>'}}), /The run failed: No &#60;disk&#62;\./);
});

report('rates are those of equal stretches, in proportion between samples', () => {
  const rates = ratesOf(record.samples, 2_000).map(({value}) => Math.round(value));
  assert.is(rates[0], 30);
  assert.is(rates.at(-1), 0);
  assert.equal(ratesOf(record.samples, 0), []);
});

report('the page holds the whole record, every figure once, and nothing that a message could break', () => {
  const page = capturePage(record);
  const [, json] = /<script type="application\/json" id="record">(.*?)<\/script>/s.exec(page)!;
  assert.equal(JSON.parse(json!), JSON.parse(JSON.stringify(record)));
  assert.not.match(page.replace(json!, ''), /<down>/);
  for (const [key, value] of [
    ['documents', 30],
    ['seconds', 2],
    ['credits', 54],
    ['calls', 4],
  ])
    assert.is(page.split(`<strong data-figure="${key}" data-value="${value}">`).length, 2, String(key));
  assert.match(page, /3 more are in the log/);
});

report('the page loads nothing', () => {
  assert.not.match(capturePage(record), /(?:src|href)=|@import|url\(|https?:/);
});

report.run();
