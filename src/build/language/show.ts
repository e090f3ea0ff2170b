import type { Range, Warning } from './contract.ts';
import type { DockerfileError } from './error.ts';

export interface ShownFile {
  /** As it is named: `Dockerfile`. */
  readonly name: string;
  readonly source: string;
}

const rule = '--------------------\n';

/** A part of a file with lines around it, as BuildKit shows it; empty where it has no such lines. */
export function showSource({ name, source }: ShownFile, ranges: readonly Range[]): string {
  const all = source.split('\n');
  const starts = ranges.map(({ start }) => start.line);
  const first = Math.min(...starts);
  const last = Math.min(Math.max(...ranges.map(endLine)), all.length);
  if (ranges.length === 0 || first > all.length || first < 1) return '';
  const [from, to] = surroundings(first, last, all.length);
  const marked = (line: number) => ranges.some((range) => range.start.line <= line && endLine(range) >= line);
  const shown = all.slice(from - 1, to).map((text, index) => {
    const line = from + index;
    return ` ${String(line).padStart(3)} | ${marked(line) ? '>>>' : '   '} ${text}\n`;
  });
  return `${name}:${first}\n${rule}${shown.join('')}${rule}`;
}

/** What stands above an error's message: each place it concerns. */
export function showPlaces(file: ShownFile, { places }: DockerfileError): string {
  return places
    .toReversed()
    .map((ranges) => showSource(file, ranges))
    .join('');
}

/** All findings, a line each, as they stand at the end of a build; empty without any. */
export function showSummary(warnings: readonly Warning[]): string {
  if (warnings.length === 0) return '';
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
  return `\n ${count} found (use --check to expand):\n${warnings.map((one) => ` - ${shortWarning(one)}\n`).join('')}`;
}

/** `RuleName: what it found (line 3)`. */
function shortWarning({ rule, message, ranges }: Warning): string {
  const line = ranges[0]?.start.line ?? 0;
  return `${rule}: ${message}${line > 0 ? ` (line ${line})` : ''}`;
}

/** One finding as `--check` prints it. */
export function showWarning(file: ShownFile, { rule, url, message, ranges }: Warning): string {
  return `\nWARNING: ${rule}${url === '' ? '' : ` - ${url}`}\n${message}\n${showSource(file, ranges)}`;
}

/** All findings in the file's order. */
export function showWarnings(file: ShownFile, warnings: readonly Warning[]): string {
  return warnings
    .toSorted((one, other) => lineOf(one) - lineOf(other))
    .map((warning) => showWarning(file, warning))
    .join('');
}

/** At least two lines more, or four around a single one, as far as there are any on either side. */
function surroundings(first: number, last: number, count: number): [from: number, to: number] {
  const wanted = first === last ? 4 : 2;
  let from = first;
  let to = last;
  for (let added = 0; added < wanted; added++) {
    if (from > 1) {
      from--;
      added++;
    }
    if (to !== count) {
      to++;
      added++;
    }
  }
  return [from, to];
}

function lineOf({ ranges }: Warning): number {
  return ranges[0]?.start.line ?? 0;
}

function endLine({ start, end }: Range): number {
  return Math.max(start.line, end.line);
}
