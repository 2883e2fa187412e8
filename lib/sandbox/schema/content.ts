/**
 * What the organisation's people typed: names, addresses and notes, with everything that trips a
 * parser.
 */
import {type Make, more, pick} from './field.ts';

const firstNames =
  'Ana Bo Chloé Dmitri Élodie Fatima Grace Håkon Ines José Kofi Lê Mei Noor Oluwaseun Pádraig Quinn Renée Søren Tomás Uma Viktor Wei Xóchitl Yuki Zoë'.split(
    ' ',
  );
const lastNames =
  "Abe Brandt Coelho D'Angelo Eriksen Fournier García Hoffmann Ibrahim Jansen Kowalski López Müller Nguyễn O'Brien Petrov Quirós Rossi Šimić Tanaka Ünal Vargas Wójcik Xu Yılmaz 山田 김 Иванов".split(
    ' ',
  );
const companyWords =
  'Alder Birch Cobalt Delta Ember Fjord Granite Harbor Iris Juniper Kestrel Lumen Meridian Northwind Orchid Pioneer Quartz Rowan Summit Tundra'.split(
    ' ',
  );
const companyEnds = ['Ltd', 'GmbH & Co. KG', 'Inc.', 'S.A.', 'AB', '株式会社', 'Group, LLC', 'and Sons'];
const streets = ['High Street', 'Rue de l’Église', 'Hauptstraße', 'Calle Mayor', 'Főutca', 'Station Road', 'улица Мира'];
const towns = ['Aarhus', 'Bogotá', 'Chennai', 'Düsseldorf', 'Fukuoka', 'Kraków', 'Lagos', 'Montréal', 'São Paulo', 'Zürich'];
const words =
  'we spoke on the phone about pricing and they want another offer before next quarter please send brochure samples contract again later maybe'.split(
    ' ',
  );
const oddities = [
  'says "call me, maybe"',
  'line one\nline two, after a comma',
  'Windows\r\nline ends',
  'tab\there',
  '""',
  ',',
  '=HYPERLINK("https://example.com","x")',
  'naïve façade — “quoted” …',
  '👩‍👩‍👧‍👦 and 🏳️‍🌈 and 𝒳',
  '日本語のメモ、改行\n二行目',
  'עברית مع العربية',
  ' leading and trailing ',
  'back\\slash \\n and {"json": [1, 2]}',
  'NULL',
  '0123',
  '\u2028 separators \u2029',
];

export const firstName: Make = (h) => pick(firstNames, h);
export const lastName: Make = (h) => pick(lastNames, h);
export const personName: Make = (h) => `${pick(firstNames, h)} ${pick(lastNames, h >>> 8)}`;
export const company: Make = (h) => `${pick(companyWords, h)} ${pick(companyWords, h >>> 7)} ${pick(companyEnds, h >>> 14)}`;
export const street: Make = (h) =>
  `${1 + (h % 240)} ${pick(streets, h >>> 8)}${(h >>> 20) % 3 === 0 ? `,\nFloor ${(h >>> 24) % 9}` : ''}`;
export const town: Make = (h) => pick(towns, h);
export const code: Make = (h) => String(10_000 + (h % 90_000));
export const email: Make = (h) => `${pick(companyWords, h).toLowerCase()}.${(h >>> 5) % 100_000}@example.com`;
export const phone: Make = (h) => `+${1 + (h % 98)} ${100 + ((h >>> 7) % 900)}-${1_000 + ((h >>> 17) % 9_000)}`;
export const website: Make = (h) =>
  `https://www.${pick(companyWords, h).toLowerCase()}${(h >>> 5) % 1_000}.example/?a=1&b=${(h >>> 15) % 100}`;

/** A few words. */
export const phrase: Make = (h) => sentence(h, 3 + (h % 4));

/** Several lines, some with what breaks careless CSV readers. */
export const notes: Make = (h) => {
  const start = sentence(h, 5 + (h % 9));
  return (h >>> 9) % 3 === 0 ? `${start} ${pick(oddities, h >>> 12)}` : start;
};

/** Mostly unusual: quotes, line ends, scripts and characters of several bytes. */
export const unusualNotes: Make = (h) => `${pick(oddities, h)}${pick(oddities, h >>> 8)}`;

function sentence(h: number, length: number): string {
  let text = pick(words, h);
  for (let i = 1, next = h; i < length; i += 1) {
    next = more(next, i);
    text += ` ${pick(words, next)}`;
  }
  return text;
}
