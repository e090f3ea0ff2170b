import { binarySize, listSize } from '../../../../format/bytes.ts';
import type { Use } from './usage.ts';

/** By what containers are sorted, under the key that asks for it. */
export const orders = {
  c: { title: 'CPU %', by: ({ cpu }: Use) => cpu },
  m: { title: 'MEM USAGE', by: ({ memory }: Use) => memory },
  n: { title: 'NET I/O', by: ({ received, sent }: Use) => received + sent },
  i: { title: 'BLOCK I/O', by: ({ read, written }: Use) => read + written },
  p: { title: 'PIDS', by: ({ pids }: Use) => pids },
} as const;

export type Order = keyof typeof orders;

interface Column {
  title: string;
  width: number;
  text(use: Use): string;
}

const perSecond = (one: number, other: number) => `${listSize(one)} / ${listSize(other)}`;

const columns: Column[] = [
  { title: 'CPU %', width: 8, text: ({ cpu }) => `${cpu.toFixed(2)}%` },
  { title: 'MEM USAGE', width: 10, text: ({ memory }) => binarySize(memory) },
  { title: 'MEM %', width: 7, text: (use) => `${share(use).toFixed(2)}%` },
  { title: 'NET I/O /s', width: 17, text: ({ received, sent }) => perSecond(received, sent) },
  { title: 'BLOCK I/O /s', width: 17, text: ({ read, written }) => perSecond(read, written) },
  { title: 'PIDS', width: 5, text: ({ pids }) => String(pids) },
];

const share = ({ memory, memoryLimit }: Use): number => (memoryLimit === 0 ? 0 : (memory / memoryLimit) * 100);

/** The table as lines, the greatest first, no wider and no longer than the window. */
export function pageOf(
  uses: Use[],
  { order, size }: { order: Order; size?: { rows: number; columns: number } },
): string[] {
  const { by, title } = orders[order];
  const sorted = uses.toSorted((one, other) => by(other) - by(one) || (one.name < other.name ? -1 : 1));
  const nameWidth = Math.max(4, ...sorted.map(({ name }) => Math.min(name.length, 32)));
  const row = (name: string, cells: string[]) =>
    [name.slice(0, 32).padEnd(nameWidth), ...cells.map((cell, at) => cell.padStart(columns[at]?.width ?? 0))].join(' ');
  const total = uses.reduce((sum, { cpu }) => sum + cpu, 0);
  const memory = uses.reduce((sum, use) => sum + use.memory, 0);
  const lines = [
    `${uses.length} containers   CPU ${total.toFixed(2)}%   memory ${binarySize(memory)}   sorted by ${title}`,
    row(
      'NAME',
      columns.map((column) => column.title),
    ),
    ...sorted.map((use) =>
      row(
        use.name,
        columns.map(({ text }) => text(use)),
      ),
    ),
  ];
  if (!size) return lines;
  return lines.slice(0, Math.max(3, size.rows - 1)).map((line) => line.slice(0, size.columns));
}
