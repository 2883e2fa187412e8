/** Tasks, meetings and calls. */
import {notes, personName, phrase, town} from './content.ts';
import {pick} from './field.ts';
import {
  alarm,
  boolean,
  date,
  datetime,
  integer,
  lineItems,
  lookup,
  lying,
  picklist,
  rule,
  structured,
  text,
  textarea,
} from './kinds.ts';
import {auditFields, type ModuleSpec, module} from './module.ts';

const related = [
  lookup('Who_Id', 'Contacts'),
  lookup('What_Id', 'Accounts', {extra: {multi_module_lookup: {display_label: 'Related To'}}}),
];

export const activities: readonly ModuleSpec[] = [
  module(
    'Tasks',
    [
      text('Subject', phrase, {blanks: 0}),
      date('Due_Date'),
      ...related,
      picklist('Status', ['Not Started', 'Deferred', 'In Progress', 'Completed', 'Waiting for input']),
      picklist('Priority', ['High', 'Highest', 'Low', 'Lowest', 'Normal']),
      boolean('Send_Notification_Email'),
      rule('Recurring_Activity'),
      alarm('Remind_At'),
      textarea('Description', notes),
      datetime('Closed_Time', {blanks: 120, readOnly: true}),
      ...auditFields,
    ],
    {share: 0.4},
  ),
  module(
    'Events',
    [
      text('Event_Title', personName, {blanks: 0}),
      text('Venue', town),
      boolean('All_day'),
      datetime('Start_DateTime', {blanks: 0}),
      datetime('End_DateTime', {blanks: 0}),
      ...related,
      rule('Recurring_Activity'),
      structured('Remind_At', 'event_reminder', 'jsonobject', (h) => `{"unit":${h % 60},"period":"minutes"}`, {blanks: 90}),
      structured('Participants', 'text', 'jsonarray', (h) => `[{"Email":null,"name":"p${h % 9}","invited":false}]`, {
        bulk: false,
        coql: false,
      }),
      structured('Extra_Reminders', 'multireminder', 'jsonarray', (h) => `[{"unit":${h % 9},"period":"hours"}]`, {blanks: 200}),
      textarea('Description', notes),
      ...auditFields,
    ],
    {share: 0.2, singular: 'Meeting', internalName: 'Events'},
  ),
  module(
    'Calls',
    [
      text('Subject', phrase, {blanks: 0}),
      picklist('Call_Type', ['Inbound', 'Outbound', 'Missed']),
      datetime('Call_Start_Time'),
      text('Call_Duration', (h) => `${h % 90}:${String((h >>> 8) % 60).padStart(2, '0')}`),
      integer('Call_Duration_in_seconds', 5_400),
      ...related,
      // Holds values that its pick list lacks (zoho-api sheet 9, trap 10).
      {
        ...picklist('Reminder', ['None', '5 minutes before', '1 hour before']),
        make: (h) => pick(['None', '5 minutes before', '-PT17M'], h),
      },
      lineItems('CTI_Entry'),
      textarea('Description', notes),
      lying(integer('Queue_Position', 50, {custom: true}), 'unknown'),
      ...auditFields,
    ],
    {share: 0.3},
  ),
];
