/** Unusual modules, and those in the list that cannot be captured at all (zoho-api sheet 2). */
import {phrase, unusualNotes} from './content.ts';
import {type FieldSpec, field, pick} from './field.ts';
import {
  autonumber,
  bigint,
  boolean,
  currency,
  date,
  datetime,
  double,
  formula,
  integer,
  lookup,
  lying,
  multiPicklist,
  percent,
  picklist,
  structured,
  text,
  textarea,
  unexported,
  userLookup,
} from './kinds.ts';
import {auditFields, type ModuleChoices, type ModuleSpec, module, timesOnly} from './module.ts';

const custom = {custom: true} as const;

/** Every data type once, with metadata that are wrong about some of the values. */
const contracts = module(
  'Contracts',
  [
    text('Name', phrase, {blanks: 0}),
    autonumber('Contract_No', 'C-', custom),
    lookup('Account', 'Accounts', custom),
    textarea('Clauses', unusualNotes, {custom: true, extra: {textarea: {type: 'rich'}}}),
    {...textarea('Summary', unusualNotes, custom), dataType: 'rich_text'},
    lying(integer('Term_Months', 60, custom), 'twelve'),
    lying(double('Index_Rate', 12, custom), '12,5'),
    lying(boolean('Signed', custom), 'maybe'),
    lying(date('Signed_On', custom), 'n/a'),
    bigint('External_Key', custom),
    {...bigint('Counter', custom), jsonType: 'integer', kind: 'integer'},
    currency('Value', custom),
    percent('Discount', custom),
    multiPicklist('Regions', ['North, East', 'South; West', 'Overseas', 'Baltic'], custom),
    userLookup('Lawyer', custom),
    unexported('Signers', 'multiuserlookup', 'jsonarray', custom),
    unexported('Scans', 'fileupload', 'jsonarray', custom),
    structured('Coordinates', 'coordinates', 'jsonobject', (h) => `{"latitude":${h % 90}.5,"longitude":-${h % 180}.25}`, {
      custom: true,
      bulk: false,
    }),
    structured('Settings', 'unheard_of', 'jsonobject', (h) => `{"a":[${h % 9},null],"b":"x,\\"y\\""}`, custom),
    field('Mood', 'unheard_of', 'string', 'text', (h) => pick(['calm', '', 'tense'], h), custom),
    {...boolean('Reviewed', custom), dataType: 'checkbox'},
    datetime('Reviewed_At', custom),
    formula('Risk', 'double'),
    formula('Label', 'string'),
    ...auditFields,
  ],
  {generatedType: 'custom', internalName: 'CustomModule1', singular: 'Contract', share: 0.15},
);

const wideKinds: readonly ((name: string) => FieldSpec)[] = [
  (name) => text(name, phrase, custom),
  (name) => integer(name, 1_000, custom),
  (name) => double(name, 4, custom),
  (name) => picklist(name, ['red', 'green', 'blue'], custom),
  (name) => date(name, custom),
  (name) => boolean(name, custom),
];

/** More fields than a bulk job or a COQL query may name. */
const assessments = module(
  'Assessments',
  [
    text('Name', phrase, {blanks: 0}),
    ...Array.from({length: 620}, (_, i) => wideKinds[i % wideKinds.length]!(`Answer_${String(i + 1).padStart(3, '0')}`)),
    ...Array.from({length: 12}, (_, i) => formula(`Score_${i + 1}`, 'double', i % 2 === 0)),
    ...auditFields,
  ],
  {generatedType: 'custom', internalName: 'CustomModule2', singular: 'Assessment', share: 0.02},
);

const empty = module('Solutions', [text('Solution_Title', phrase), textarea('Question'), ...auditFields], {share: 0});

/** Records without a feed of deleted ones. */
const lines = module(
  'Milestones',
  [text('Name', phrase), lookup('Parent_Id', 'Deals'), date('Due'), currency('Cost'), ...timesOnly],
  {generatedType: 'subform', internalName: 'Subform1', parent: 'Deals', deletions: false, viewable: false, share: 0.1},
);

/** A junction of two modules, without `Modified_Time`. */
const skills = module('Accounts_X_Skills', [lookup('Skill', 'Products'), lookup('Account', 'Accounts')], {
  generatedType: 'linking',
  internalName: 'LinkingModule2',
  deletions: false,
  share: 0.1,
});

const history = module(
  'DealHistory',
  [picklist('Stage', ['Qualification', 'Closed Won']), currency('Amount'), lookup('Deal_Name', 'Deals'), ...timesOnly],
  {generatedType: 'field_tracker', viewable: false, parent: 'Deals', deletions: false, share: 0.2},
);

/**
 * Stage history of deals: a tracker without `Modified_Time`, in which only its own date shows a
 * time.
 */
const stages = module(
  'Stage_History',
  [
    picklist('Stage', ['Qualification', 'Proposal', 'Closed Won'], {readOnly: false}),
    lookup('Deal', 'Deals'),
    currency('Amount'),
    integer('Days_In_Stage', 90),
    datetime('Moved_At', {blanks: 0}),
  ],
  {generatedType: 'field_tracker', viewable: false, parent: 'Deals', deletions: false, share: 0.25},
);

/** The largest junction. */
const visitors = module(
  'Contacts_X_Campaigns',
  [lookup('Campaign', 'Campaigns'), lookup('Contact', 'Contacts'), text('Note', unusualNotes)],
  {
    generatedType: 'linking',
    internalName: 'LinkingModule3',
    deletions: false,
    share: 0.5,
  },
);

const bare = (name: string, choices: ModuleChoices): ModuleSpec =>
  module(name, [text('Name', phrase), ...auditFields], {share: 0.01, deletions: false, ...choices});

const unsupported: readonly ModuleSpec[] = [
  bare('Notes', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'NO_PERMISSION'}),
  bare('Attachments', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_MODULE'}),
  bare('Emails', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_MODULE'}),
  bare('CTI_Entry', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_MODULE', status: 'system_hidden'}),
  bare('Email_Analytics', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_QUERY'}),
  bare('Email_Template_Analytics', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_QUERY'}),
  bare('Functions__s', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_QUERY'}),
  bare('Email_Sentiment', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_MODULE'}),
  bare('Locking_Information__s', {bulkRefusal: 'MODULE_NOT_SUPPORTED', coqlRefusal: 'INVALID_MODULE'}),
];

export const edgeCases: readonly ModuleSpec[] = [
  contracts,
  assessments,
  empty,
  lines,
  skills,
  history,
  ...unsupported,
  bare('Home', {apiSupported: false, metadata: 'INVALID_MODULE'}),
  bare('Feeds', {apiSupported: false, metadata: 'INVALID_MODULE'}),
  bare('Price_Plans', {generatedType: 'web', apiSupported: false, metadata: 'INVALID_MODULE'}),
  bare('Salaries', {
    generatedType: 'custom',
    internalName: 'CustomModule3',
    metadata: 'NO_PERMISSION',
    bulkRefusal: 'NO_PERMISSION',
    coqlRefusal: 'NO_PERMISSION',
  }),
  bare('Visits', {metadata: 'none', bulkRefusal: 'MODULE_NOT_AVAILABLE', coqlRefusal: 'INVALID_MODULE'}),
  bare('Scoring_Rules__s', {
    metadata: 'OAUTH_SCOPE_MISMATCH',
    bulkRefusal: 'OAUTH_SCOPE_MISMATCH',
    coqlRefusal: 'OAUTH_SCOPE_MISMATCH',
    status: 'system_hidden',
  }),
  bare('Old_Projects', {generatedType: 'custom', internalName: 'CustomModule4', status: 'user_hidden'}),
  bare('Doomed', {generatedType: 'custom', internalName: 'CustomModule5', status: 'scheduled_for_deletion'}),
  stages,
  visitors,
];
