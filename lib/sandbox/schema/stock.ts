/**
 * Modules with the fields of a present-day organisation, named and typed as in Zoho's documentation
 * and live metadata (zoho-api sheet 12): Leads with 93 fields, and Appointments with the rare
 * types.
 */
import {company, firstName, lastName, notes, personName, phrase, street, town, unusualNotes} from './content.ts';
import type {FieldChoices, FieldSpec} from './field.ts';
import {
  bigint,
  boolean,
  currency,
  datetime,
  double,
  emailField,
  formula,
  integer,
  lookup,
  multiPicklist,
  owner,
  percent,
  phoneField,
  picklist,
  profileImage,
  rollup,
  structured,
  tags,
  text,
  textarea,
  unexported,
  websiteField,
} from './kinds.ts';
import {type ModuleSpec, module} from './module.ts';
import {consentLookup, layout, moduleReference, multiModuleLookup, profileLookup, roleLookup, territories} from './references.ts';

const system = {readOnly: true} as const;
const always = {blanks: 0, readOnly: true} as const;
const custom = {custom: true} as const;

const several = (
  build: (name: string, choices?: FieldChoices) => FieldSpec,
  names: string,
  choices?: FieldChoices,
): FieldSpec[] => names.split(' ').map((name) => build(name, choices));

const texts = (names: string, choices?: FieldChoices): FieldSpec[] => several((name) => text(name, phrase, choices), names);

/** Whether a record is available, a draft, or in the recycle bin. Every module has this field. */
const recordStatus = picklist('Record_Status__s', ['Available', 'Draft', 'Trash'], always);

const leads = module(
  'Leads',
  [
    owner('Owner'),
    text('Company', company),
    text('First_Name', firstName),
    text('Last_Name', lastName, {blanks: 0}),
    ...texts('Designation Fax State Zip_Code Country Skype_ID Twitter'),
    text('Full_Name', personName, system),
    text('Street', street),
    text('City', town),
    text('External', phrase, custom),
    ...several(emailField, 'Email Secondary_Email'),
    ...several(emailField, 'Emailll mable mableOne mableTwo Mani', custom),
    ...several(phoneField, 'Phone Mobile'),
    ...several(websiteField, 'Website First_Visited_URL Referrer'),
    picklist('Lead_Source', ['Houston Showroom', 'San Francisco Showroom', 'Boston Showroom']),
    picklist('Lead_Status', ['Attempted to Contact', 'Contact in Future', 'Contacted']),
    picklist('Industry', ['ASP (Application Service Provider)', 'Data/Telecom OEM', 'ERP (Enterprise Resource Planning)']),
    picklist('Rating', ['Acquired', 'Active', 'Market Failed']),
    picklist('Salutation', ['Mr.', 'Mrs.', 'Ms.']),
    picklist('Unsubscribed_Mode', ['Consent form', 'Manual', 'Unsubscribe link', 'Zoho campaigns'], system),
    picklist('Enrich_Status__s', ['Available', 'Enriched', 'Data not found'], system),
    recordStatus,
    picklist('Data_Source', ['Manual', 'API', 'Manual (Mobile)', 'Webform'], system),
    picklist('Product_Interest', ['Interested', 'Not Interested'], custom),
    picklist('Testing_GPL', ['A', 'B', 'C'], custom),
    integer('No_of_Employees', 20_000),
    ...several((name) => integer(name, 900, system), 'Lead_Conversion_Time Number_Of_Chats Days_Visited'),
    ...several((name) => integer(name, 100, custom), 'Score1 Age1 Churned_Prediction_score_from_sakthi'),
    currency('Annual_Revenue'),
    ...several(datetime, 'Created_Time Modified_Time Change_Log_Time__s', always),
    ...several(
      datetime,
      'Last_Activity_Time Converted_Date_Time Unsubscribed_Time Last_Enriched_Time__s Last_Visited_Time First_Visited_Time',
      system,
    ),
    datetime('Lead_Status_Modified_Time', {...system, coql: false}),
    textarea('Description', unusualNotes),
    ...several((name) => textarea(name, notes, custom), 'multiline largemultiline Name1 Testing_rich'),
    ...several((name) => textarea(name, notes, {...system, bulk: false}), 'Address Coordinates'),
    boolean('Email_Opt_Out'),
    ...several(boolean, 'Converted__s Locked__s', system),
    layout('Layout', {blanks: 0}),
    tags(),
    profileImage('Record_Image'),
    lookup('Converted_Account', 'Accounts', system),
    lookup('Converted_Contact', 'Contacts', system),
    lookup('Converted_Deal', 'Deals', system),
    lookup('Contact_Lookup', 'Contacts', custom),
    territories(),
    ...several(bigint, 'Wizard Visitor_Score', system),
    double('Average_Time_Spent_Minutes', 2, system),
    double('nearby_distance__s', 2, {...system, bulk: false, coql: false}),
    double('Latitude', 9, system),
    multiPicklist('checking_multi_picklist', ['English', 'German', 'Option; 3'], custom),
    ...several((name) => unexported(name, 'subform', 'jsonarray', custom), 'Project_Details Alternate_Address'),
    percent('Percent', custom),
    unexported('File_Upload', 'fileupload', 'jsonarray', custom),
    unexported('Image_Upload', 'imageupload', 'jsonarray', custom),
    formula('Formula_Decimal', 'double'),
    unexported('Products', 'multiselectlookup', 'jsonarray', custom),
    rollup('Last_Note_Added', 'datetime'),
    rollup('Total_Notes_Added', 'integer'),
    multiModuleLookup('Connected_To__s', 'jsonarray'),
    owner('Created_By', system),
    owner('Modified_By', system),
  ],
  {share: 1, nameFields: ['First_Name', 'Last_Name']},
);

const appointments = module(
  'Appointments__s',
  [
    text('Name', phrase, {blanks: 0}),
    multiModuleLookup('Appointment_For'),
    owner('Owner'),
    ...several(datetime, 'Created_Time Modified_Time', always),
    structured('Reminders', 'multireminder', 'jsonarray', (h) => `[{"unit":${h % 9},"period":"hours","time":null}]`, {
      bulk: false,
    }),
    structured('Line_Tax', 'linetax', 'jsonarray', (h) => `[{"percentage":${h % 20}.5,"name":"VAT","id":"9","value":1.5}]`, {
      bulk: false,
    }),
    moduleReference('Module'),
    structured('Range', 'time_range', 'jsonobject', (h) => `{"start_time":"0${h % 9}:00","end_time":"10:00"}`, {bulk: false}),
    consentLookup('Consent'),
    profileLookup('Profile'),
    unexported('Users', 'multiuserlookup', 'jsonarray'),
    roleLookup('Role'),
  ],
  {share: 0.3, singular: 'Appointment'},
);

/** Modules whose records belong to territories. */
const territorial = ['Leads', 'Contacts', 'Accounts', 'Deals'];
/** Modules with more fields test limits of their own and stay as they are. */
const fewFields = 200;

/** A module with the additional fields that every module of a present-day organisation has. */
export function withStockFields(spec: ModuleSpec): ModuleSpec {
  const {name, generatedType, fields} = spec;
  if ((generatedType !== 'default' && generatedType !== 'custom') || fields.length > fewFields) return spec;
  const stock = [
    layout('Layout', always),
    recordStatus,
    datetime('Change_Log_Time__s', always),
    multiModuleLookup('Connected_To__s', 'jsonarray', {...system, blanks: 120}),
    ...(territorial.includes(name) ? [territories('Territories', system)] : []),
    ...(name === 'Leads' ? [boolean('Converted__s', always)] : []),
  ];
  return {...spec, fields: [...fields, ...stock]};
}

export const stockModules: readonly ModuleSpec[] = [leads, appointments];
