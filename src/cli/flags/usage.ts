import type { FlagTable } from './parse.ts';

/** The option lines of a help page, sorted, usage wrapped before the last of `columns`. */
export function flagUsages(flags: FlagTable, columns: number): string {
  const shown = Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (shown.length === 0) return '';
  const lines = shown.map(([name, flag]) => {
    const spelled = flag.short ? `  -${flag.short}, --${name}` : `      --${name}`;
    const usage = flag.shown === undefined ? flag.usage : `${flag.usage} (default ${flag.shown})`;
    return { left: flag.type ? `${spelled} ${flag.type}` : spelled, usage };
  });
  const width = Math.max(...lines.map((line) => line.left.length)) + 3;
  return lines.map((line) => `${line.left.padEnd(width)}${wrap(line.usage, width, columns - 1)}\n`).join('');
}

/** Five columns of slack: a line runs over by so many before it is broken. */
const slack = 5;

function wrap(text: string, indent: number, columns: number): string {
  const room = columns - indent;
  if (room < 24) {
    const margin = `\n${' '.repeat(16)}`;
    if (columns - 16 < 24) return text.replaceAll('\n', margin);
    return margin + wrapLines(text, columns - 16 - slack).join(margin);
  }
  return wrapLines(text, room - slack).join(`\n${' '.repeat(indent)}`);
}

function wrapLines(text: string, room: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [line, tail] = breakAt(rest, room);
    lines.push(...line.split('\n'));
    rest = tail;
  }
  return lines;
}

function breakAt(text: string, room: number): [line: string, rest: string] {
  if (room + slack > text.length) return [text, ''];
  const head = text.slice(0, room);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\t'), head.lastIndexOf('\n'));
  if (space <= 0) return [text, ''];
  const newline = head.lastIndexOf('\n');
  const at = newline > 0 && newline < space ? newline : space;
  return [text.slice(0, at), text.slice(at + 1)];
}
