/** Plots rate and memory against rows, as SVG. Pure. */
import type {Figures} from './figures.ts';

export interface Point {
  readonly rows: number;
  readonly rowsPerS: number;
  readonly memoryMb: number;
}

const width = 720;
const height = 260;
const left = 90;
const right = 30;
const top = 40;
const bottom = 40;

/**
 * Two charts over the same logarithmic axis of rows: the rate, with Zoho's ceiling as a dashed
 * line, and the memory. Both start at zero.
 */
export function plot(points: readonly Point[], ceilingRowsPerS: number): string {
  const rows = points.map((point) => point.rows);
  const rate = chart(
    0,
    'Rows a second',
    rows,
    points.map((point) => point.rowsPerS),
    {at: ceilingRowsPerS, label: "Zoho's ceiling for an organisation"},
  );
  const memory = chart(
    height,
    'Peak memory above an idle process, MB',
    rows,
    points.map((point) => point.memoryMb),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${2 * height}" font-family="sans-serif" font-size="12">
<title>Rows a second and peak memory of a backfill, by its rows</title>
<rect width="100%" height="100%" fill="white"/>
${rate}
${memory}
</svg>
`;
}

interface Line {
  readonly at: number;
  readonly label: string;
}

function chart(offset: number, title: string, xs: readonly number[], ys: readonly number[], line?: Line): string {
  const highest = nice(Math.max(...ys, line?.at ?? 0));
  const [from, to] = [Math.log(Math.min(...xs)), Math.log(Math.max(...xs))];
  const x = (value: number): number => left + ((width - left - right) * (Math.log(value) - from)) / (to - from || 1);
  const y = (value: number): number => offset + height - bottom - ((height - top - bottom) * value) / highest;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * highest);
  const parts = [
    `<text x="${left}" y="${offset + 22}" font-size="14">${title}</text>`,
    ...marks.map(
      (value) =>
        `<path d="M${left} ${fixed(y(value))}H${width - right}" stroke="#ddd"/><text x="${left - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${rounded(value)}</text>`,
    ),
    ...xs.map(
      (value) =>
        `<text x="${fixed(x(value))}" y="${offset + height - bottom + 18}" text-anchor="middle">${rounded(value)}</text>`,
    ),
    `<polyline fill="none" stroke="#0b62a4" stroke-width="2" points="${xs.map((value, i) => `${fixed(x(value))},${fixed(y(ys[i]!))}`).join(' ')}"/>`,
    ...xs.map((value, i) => `<circle cx="${fixed(x(value))}" cy="${fixed(y(ys[i]!))}" r="3.5" fill="#0b62a4"/>`),
  ];
  if (line !== undefined) {
    parts.push(
      `<path d="M${left} ${fixed(y(line.at))}H${width - right}" stroke="#b00" stroke-dasharray="6 4"/>`,
      `<text x="${width - right}" y="${fixed(y(line.at) - 6)}" text-anchor="end" fill="#b00">${line.label}: ${rounded(line.at)}</text>`,
    );
  }
  return parts.join('\n');
}

/** The next larger number that divides well by four. */
function nice(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * step).find((round) => round >= value) ?? value;
}

const fixed = (value: number): string => value.toFixed(1);
const rounded = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The plot of measured cases. */
export function plotOf(figures: readonly Figures[], ceilingRowsPerS: number): string {
  const points = figures
    .filter(({left}) => left === undefined)
    .map(({rows, rowsPerS, memoryMb = 0}) => ({rows, rowsPerS, memoryMb}));
  return plot(points, ceilingRowsPerS);
}
