import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Caller, withSandbox} from './caller.ts';

const settings = suite('Settings');

const path = '/crm/v8/settings';

settings('lists modules of all kinds and statuses', async () => {
  await withSandbox({}, async (caller) => {
    const {status, body} = await caller.call(`${path}/modules`);
    assert.equal(status, 200);
    const kinds = new Set(body.modules.map(({generated_type: kind}: {generated_type: string}) => kind));
    for (const kind of ['default', 'custom', 'linking', 'subform', 'web', 'field_tracker']) assert.ok(kinds.has(kind), kind);
    const leads = body.modules.find(({api_name: name}: {api_name: string}) => name === 'Leads');
    assert.match(leads.id, /^\d{18,19}$/);
    const {
      api_name,
      module_name,
      api_supported,
      status: shown,
      visibility,
      viewable,
      parent_module,
      singular_label,
      plural_label,
    } = leads;
    assert.deepEqual(
      {api_name, module_name, api_supported, shown, visibility, viewable, parent_module, singular_label, plural_label},
      {
        api_name: 'Leads',
        module_name: 'Leads',
        api_supported: true,
        shown: 'visible',
        visibility: 1,
        viewable: true,
        parent_module: {},
        singular_label: 'Lead',
        plural_label: 'Leads',
      },
    );
  });
});

settings('lists modules of some statuses, none, or refuses what is no status', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const names = async (status: string) =>
      (await caller.call(`${path}/modules?status=${status}`)).body.modules
        .map(({api_name: name}: {api_name: string}) => name)
        .sort();
    assert.deepEqual(await names('user_hidden,scheduled_for_deletion'), ['Doomed', 'Old_Projects']);
    assert.equal((await names('visible')).length, [...org.modules.values()].filter(({spec}) => spec.status === 'visible').length);
    const {status, body} = await caller.call(`${path}/modules?status=visible,gone`);
    assert.deepEqual([status, body.code, body.details.param_name, body.details.index], [400, 'INVALID_DATA', 'status', 1]);
  });
});

settings('shows one module by its name', async () => {
  await withSandbox({}, async (caller) => {
    const {body} = await caller.call(`${path}/modules/Deals`);
    assert.deepEqual(
      body.modules.map(({module_name: name}: {module_name: string}) => name),
      ['Potentials'],
    );
    assert.equal((await caller.call(`${path}/modules/Price_Plans`)).body.code, 'NOT_SUPPORTED');
    assert.equal((await caller.call(`${path}/modules/Nonsense`)).body.code, 'INVALID_MODULE');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: parts of a reply, compared with literals
async function fieldsOf(caller: Caller, module: string): Promise<Record<string, any>> {
  const {body} = await caller.call(`${path}/fields?module=${module}&type=all`);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return Object.fromEntries(body.fields.map((field: any) => [field.api_name, field]));
}

settings('describes fields by type, with what belongs to the type', async () => {
  await withSandbox({}, async (caller) => {
    const deals = await fieldsOf(caller, 'Deals');
    const typed = (field: {data_type: string; json_type: string}) => `${field.data_type}/${field.json_type}`;
    assert.deepEqual(
      [
        'Deal_Name',
        'Amount',
        'Stage',
        'Closing_Date',
        'Account_Name',
        'Owner',
        'Tag',
        'Overdue',
        'Quoted_Total',
        'Milestones',
        'Modified_Time',
      ].map((name) => typed(deals[name])),
      [
        'text/string',
        'currency/double',
        'picklist/string',
        'date/string',
        'lookup/jsonobject',
        'ownerlookup/jsonobject',
        'text/jsonarray',
        'formula/boolean',
        'rollup_summary/double',
        'subform/jsonarray',
        'datetime/string',
      ],
    );
    assert.deepEqual(
      [deals.Overdue.formula.return_type, deals.Overdue.formula.dynamic, deals.Margin.formula.dynamic],
      ['boolean', true, false],
    );
    assert.equal(deals.Quoted_Total.rollup_summary.return_type, 'double');
    assert.equal(deals.Account_Name.lookup.module.api_name, 'Accounts');
    assert.deepEqual(
      deals.Stage.pick_list_values
        .slice(0, 1)
        .map(({display_value, actual_value}: Record<string, string>) => [display_value, actual_value]),
      [['Qualification', 'Qualification']],
    );
    assert.deepEqual(deals.Amount.currency, {rounding_option: 'normal', precision: 2});
    assert.ok(
      Object.values(deals).filter((field) => field.formula.dynamic).length > 5,
      'more dynamic formulas than a query takes',
    );
    assert.equal(typed(deals.id), 'bigint/string');
  });
});

settings('lists the id of records among the fields, unless the organisation is of old', async () => {
  await withSandbox({switches: {idListed: false}}, async (caller) => {
    assert.ok(!('id' in (await fieldsOf(caller, 'Deals'))));
  });
});

settings('describes more fields than a job or a query may name', async () => {
  await withSandbox({}, async (caller) => {
    assert.ok(Object.keys(await fieldsOf(caller, 'Assessments')).length > 600);
  });
});

settings('lists hidden fields as such, leaves unlisted ones out, and lies about some', async () => {
  await withSandbox({}, async (caller) => {
    const leads = await fieldsOf(caller, 'Leads');
    assert.deepEqual([leads.Internal_Score.visible, '$converted' in leads], [false, false]);
    const calls = await fieldsOf(caller, 'Calls');
    const picks = calls.Reminder.pick_list_values.map(({actual_value: value}: {actual_value: string}) => value);
    const {body} = await caller.coql("select Reminder from Calls where Reminder = '-PT17M' limit 0, 1");
    assert.ok(!picks.includes(body.data[0].Reminder));
  });
});

settings('answers fields of modules that cannot be read with the reason', async () => {
  await withSandbox({}, async (caller) => {
    const answers: Record<string, unknown> = {};
    for (const module of ['Visits', 'Salaries', 'Home', 'Scoring_Rules__s', 'Nonsense', '']) {
      const {status, body} = await caller.call(`${path}/fields?module=${module}`);
      answers[module] = [status, body?.code];
    }
    assert.deepEqual(answers, {
      Visits: [204, undefined],
      Salaries: [400, 'NO_PERMISSION'],
      Home: [400, 'INVALID_MODULE'],
      Scoring_Rules__s: [401, 'OAUTH_SCOPE_MISMATCH'],
      Nonsense: [400, 'INVALID_MODULE'],
      '': [400, 'REQUIRED_PARAM_MISSING'],
    });
    assert.ok(!('Modified_Time' in (await fieldsOf(caller, 'Accounts_X_Skills'))));
  });
});

settings.run();
