/**
 * Pages to measure with, seeded: the same arguments give the same bytes. Their shapes follow Zoho's
 * exports (zoho-api sheet 3.1, 4.4).
 */

export const shapeNames = ['narrow', 'usual', 'wide', 'quoted', 'unicode'] as const;
export type ShapeName = (typeof shapeNames)[number];

/** A column: its name and its declaration in Zoho's metadata. */
export interface Column {
  readonly name: string;
  readonly dataType: string;
  readonly jsonType: 'string' | 'integer' | 'double' | 'boolean' | 'jsonobject' | 'jsonarray';
}

/** A kind of page. `id` and `Modified_Time` come first and are never empty. */
export interface Shape {
  readonly columns: readonly Column[];
  readonly allQuoted: boolean;
  readonly words: readonly string[];
}

/** Which rows to generate: `count` of them, starting at number `first`. */
export interface RowRange {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

const pieceChars = 1 << 18;
const firstId = 5_725_767_000_000_000_001n;
const firstSecond = Date.UTC(2026, 0, 1) / 1_000;
const emptyShare = 0.19;
const latin = 'Anna Berg Cloud Delta Engine Farm Global Harbour Invest Jörg Köln Lake Müller North Ocean Peak Quartz River'.split(
  ' ',
);
const worldwide = '東京 株式会社 Привет Компания Ελλάδα שלום مرحبا नमस्ते 서울 São 🚀🎉 Łódź ไทย 👩‍💻 Ōsaka'.split(' ');

export function shapeOf(name: ShapeName): Shape {
  const width = {narrow: 8, usual: 30, wide: 150, quoted: 30, unicode: 30}[name];
  const columns = Array.from({length: width}, (_, i) => columnAt(i));
  return {columns, allQuoted: name === 'quoted', words: name === 'unicode' ? worldwide : latin};
}

const usual: readonly Column[] = [
  {name: 'id', dataType: 'bigint', jsonType: 'string'},
  {name: 'Modified_Time', dataType: 'datetime', jsonType: 'string'},
  {name: 'Last_Name', dataType: 'text', jsonType: 'string'},
  {name: 'Email', dataType: 'email', jsonType: 'string'},
  {name: 'Owner', dataType: 'ownerlookup', jsonType: 'jsonobject'},
  {name: 'Annual_Revenue', dataType: 'currency', jsonType: 'double'},
  {name: 'Street', dataType: 'textarea', jsonType: 'string'},
  {name: 'Email_Opt_Out', dataType: 'boolean', jsonType: 'boolean'},
  {name: 'Created_Time', dataType: 'datetime', jsonType: 'string'},
  {name: 'First_Name', dataType: 'text', jsonType: 'string'},
  {name: 'Phone', dataType: 'phone', jsonType: 'string'},
  {name: 'Company', dataType: 'text', jsonType: 'string'},
  {name: 'Website', dataType: 'website', jsonType: 'string'},
  {name: 'Lead_Source', dataType: 'picklist', jsonType: 'string'},
  {name: 'No_of_Employees', dataType: 'integer', jsonType: 'integer'},
  {name: 'Interests', dataType: 'multiselectpicklist', jsonType: 'jsonarray'},
  {name: 'City', dataType: 'text', jsonType: 'string'},
  {name: 'Zip_Code', dataType: 'text', jsonType: 'string'},
  {name: 'Account_Name', dataType: 'lookup', jsonType: 'jsonobject'},
  {name: 'Probability', dataType: 'percent', jsonType: 'double'},
  {name: 'Closing_Date', dataType: 'date', jsonType: 'string'},
  {name: 'Converted', dataType: 'boolean', jsonType: 'boolean'},
  {name: 'Rating', dataType: 'picklist', jsonType: 'string'},
  {name: 'Score', dataType: 'double', jsonType: 'double'},
  {name: 'Secondary_Email', dataType: 'email', jsonType: 'string'},
  {name: 'Last_Activity_Time', dataType: 'datetime', jsonType: 'string'},
  {name: 'Visits', dataType: 'integer', jsonType: 'integer'},
  {name: 'Designation', dataType: 'text', jsonType: 'string'},
  {name: 'Country', dataType: 'picklist', jsonType: 'string'},
  {name: 'Description', dataType: 'textarea', jsonType: 'string'},
];

/** After the usual columns, custom fields that repeat their types. */
function columnAt(i: number): Column {
  const known = usual[i];
  if (known !== undefined) return known;
  const like = usual[2 + ((i - 2) % (usual.length - 2))]!;
  return {...like, name: `${like.name}_${Math.floor(i / usual.length)}${i % usual.length}`};
}

/** The page as CSV in UTF-8, in chunks of about 256 KB. The header calls the id `Id`. */
export function* csvPieces(shape: Shape, range: RowRange): Generator<Uint8Array, void, void> {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const cell = (text: string): string => (shape.allQuoted || /[",\r\n]/.test(text) ? quoted(text) : text);
  let text = `${shape.columns.map(({name}) => cell(name === 'id' ? 'Id' : name)).join(',')}\n`;
  for (const row of rowsOf(shape, range)) {
    text += `${row.map(cell).join(',')}\n`;
    if (text.length < pieceChars) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** The same rows as COQL gives them: one JSON object each. */
export function* jsonRows(shape: Shape, range: RowRange): Generator<string, void, void> {
  for (const row of rowsOf(shape, range)) {
    yield `{${row.map((text, c) => `${JSON.stringify(shape.columns[c]!.name)}:${jsonValue(shape.columns[c]!, text)}`).join(',')}}`;
  }
}

function jsonValue({jsonType}: Column, text: string): string {
  if (text === '') return 'null';
  if (jsonType === 'string') return JSON.stringify(text);
  if (jsonType === 'jsonobject') return JSON.stringify({id: text});
  return jsonType === 'jsonarray' ? JSON.stringify(text.split(';')) : text;
}

/** The number of a row, from its id. */
export function rowNumberOf(id: string): number {
  return Number(BigInt(id) - firstId);
}

function* rowsOf({columns, words}: Shape, {seed, first, count}: RowRange): Generator<string[], void, void> {
  for (let n = first; n < first + count; n++) {
    const pick = randomFrom(seed ^ Math.imul(n + 1, 0x9e37_79b1));
    yield columns.map(({dataType, name}, c) => {
      if (c === 0) return String(firstId + BigInt(n));
      if (c === 1) return `${instant(firstSecond + Math.floor(n / 4))}+00:00`;
      return pick(1_000) < emptyShare * 1_000 ? '' : cellText(dataType, name, pick, words);
    });
  }
}

type Pick = (below: number) => number;

function cellText(dataType: string, name: string, pick: Pick, words: readonly string[]): string {
  const word = (): string => words[pick(words.length)]!;
  switch (dataType) {
    case 'datetime':
      return `${instant(firstSecond + pick(2_000_000))}+05:30`;
    case 'date':
      return instant(firstSecond + pick(30_000_000)).slice(0, 10);
    case 'boolean':
      return pick(2) === 0 ? 'false' : 'true';
    case 'integer':
      return String(pick(100_000));
    case 'currency':
      return `${pick(10_000_000)}.${10 + pick(90)}`;
    case 'percent':
    case 'double':
      return `${pick(100)}.${1 + pick(9)}`;
    case 'lookup':
    case 'ownerlookup':
      return String(firstId + 1_000_000_000n + BigInt(pick(500)));
    case 'multiselectpicklist':
      return Array.from({length: 1 + pick(3)}, (_, i) => `Topic ${i}${pick(9)}`).join(';');
    case 'email':
      return `user${pick(1_000_000)}@example${pick(900)}.com`;
    case 'phone':
      return `+49 ${pick(9_000)} ${pick(9_000_000)}`;
    case 'website':
      return `https://www.example${pick(90_000)}.com/${pick(90)}`;
    case 'textarea':
      return name.startsWith('Street')
        ? `${word()} ${pick(200)},\n${word()} "${word()}"`
        : `${word()} ${word()}, ${word()} ${word()} ${word()} ${word()}`;
    case 'picklist':
      return `Option ${pick(12)}`;
    default:
      return `${word()} ${word()}`;
  }
}

function instant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19);
}

/**
 * Integers below a bound, the same for the same seed (a 32-bit hash mix; no statistics depend on
 * it).
 */
function randomFrom(seed: number): Pick {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
