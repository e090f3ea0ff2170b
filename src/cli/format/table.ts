import {
  columnsOf,
  compileTemplate,
  headerFunctions,
  type Template,
  TemplateError,
  type TemplateOptions,
} from '../template/index.ts';
import { formatJson } from './json.ts';

/** A kind of listing: the header of each field and the template behind `table`. */
export interface Listing {
  headers: Record<string, string>;
  table: string;
  /** What each line shows with -q. */
  quiet: string;
  /** What an unknown field is said to be missing from. */
  typeName: string;
  /** The fields that `json` shows, all of the headers' unless said. */
  json?: string[];
}

/** One line of a listing: a value or a method for each field. */
export type Row = Record<string, unknown>;

/** Lists rows as `--format` and `-q` want it: a table, a template, or JSON lines. */
export function formatRows(listing: Listing, rows: Row[], options: { format: string; quiet: boolean }): string {
  const fill = (source: string, data: Row[]) => fillRows(source, data, { typeName: listing.typeName });
  const fillAll = (source: string) =>
    fill(source, rows)
      .map((line) => `${line}\n`)
      .join('');
  const format = options.format === 'table' || options.format === '' ? `table ${listing.table}` : options.format;
  if (options.quiet && (options.format === '' || options.format === 'table')) {
    return fillAll(listing.quiet);
  }
  if (format === 'json') {
    return rows.map((row) => `${formatJson(jsonRow(listing, row))}\n`).join('');
  }
  const template = shellEscapes(format.replace(/^table\s+/, ''));
  if (!format.startsWith('table')) return fillAll(template);
  const columns = judged(() => columnsOf(template, [headerRow(listing.headers), ...rows]));
  if (columns) return aligned(columns);
  const header = fillRows(template, [headerRow(listing.headers)], { functions: headerFunctions, lenient: true });
  return alignColumns([...header, ...fill(template, rows)]);
}

function jsonRow({ json, headers }: Listing, row: Row): Row {
  const values: Row = {};
  for (const name of (json ?? Object.keys(headers)).toSorted()) {
    const value = row[name];
    values[name] = typeof value === 'function' ? (value as () => unknown)() : value;
  }
  return values;
}

/** In the header line every field is its own title, and a label's is the label's name. */
function headerRow(headers: Record<string, string>): Row {
  return { ...headers, Label: (name: unknown) => String(name).replace(/^.*\./, '').replace(/[-_]/g, ' ') };
}

/** Fills a template once with data of one's own. */
export function fillTemplate(format: string, data: Record<string, unknown>): string {
  const template = compiled(shellEscapes(format), { typeName: '*formatter.diskUsageContext' });
  return judged(() => template(data));
}

function fillRows(source: string, rows: Row[], options: TemplateOptions): string[] {
  const template = compiled(source, options);
  return judged(() => rows.map((row) => template(row)));
}

function compiled(source: string, options: TemplateOptions): Template {
  return judged(() => compileTemplate(source, options));
}

function judged<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new Error(`template parsing error: ${error.message}`, { cause: error });
  }
}

const least = 10;
const between = 3;

/** The same as `alignColumns` of whole columns. */
function aligned(columns: string[][]): string {
  const last = columns.at(-1) ?? [];
  const padded = columns.slice(0, -1).map((cells) => {
    const lettersOf = beyondBasic.test(cells.join('')) ? countLetters : countUnits;
    let width = least;
    for (const cell of cells) width = Math.max(width, lettersOf(cell) + between);
    return { cells, pad: (cell: string) => cell.padEnd(width + cell.length - lettersOf(cell)) };
  });
  let out = '';
  for (let at = 0; at < last.length; at++) {
    for (const { cells, pad } of padded) out += pad(cells[at] ?? '');
    out += `${last[at]}\n`;
  }
  return out;
}

/** Cells end with a tab; a column is as wide as its widest cell and three spaces, and `narrowest` at least. */
export function alignColumns(lines: string[], narrowest = least): string {
  if (lines.length === 0) return '';
  const text = lines.join('\n');
  const rows = text.split('\n').map((line) => line.split('\t'));
  const lettersOf = beyondBasic.test(text) ? countLetters : countUnits;
  const widths: number[] = [];
  for (const row of rows) {
    for (let at = 0; at < row.length - 1; at++) {
      const width = lettersOf(row[at] ?? '') + between;
      if (width > (widths[at] ?? 0)) widths[at] = Math.max(width, narrowest);
    }
  }
  let out = '';
  for (const row of rows) {
    for (let at = 0; at < row.length - 1; at++) {
      const cell = row[at] ?? '';
      out += cell.padEnd((widths[at] ?? 0) + cell.length - lettersOf(cell));
    }
    out += `${row.at(-1)}\n`;
  }
  return out;
}

/** A letter outside the basic plane is one, but two units of a text. */
const beyondBasic = /[\ud800-\udbff]/;
const countLetters = (cell: string): number => [...cell].length;
const countUnits = (cell: string): number => cell.length;

/** A shell hands `\t` and `\n` on as two letters. */
function shellEscapes(format: string): string {
  return format.replace(/\\t/g, '\t').replace(/\\n/g, '\n');
}
