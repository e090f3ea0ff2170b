import { humanSize } from './size.ts';

/** How far something is. */
export interface Progress {
  current?: number;
  total?: number;
  /** Unix seconds. */
  start?: number;
  /** Of what it counts; bytes unless said. */
  units?: string;
  hidecounts?: boolean;
}

/** A bar and its numbers as Docker draws them; `columns` is how wide the line may be. Empty where nothing is known. */
export function progressBar({ current = 0, total = 0, units = '', hidecounts }: Progress, columns = 200): string {
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return units === '' ? humanSize(current).padStart(8) : `${current} ${units}`;
  const filled = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const box = columns > 110 ? `[${'='.repeat(filled)}>${' '.repeat(50 - filled)}] ` : '';
  return box + (hidecounts ? '' : counts(current, total, units));
}

function counts(current: number, total: number, units: string): string {
  const isOver = current > total;
  if (units !== '') return isOver ? `${current} ${units}` : `${current}/${total} ${units}`;
  return humanSize(current).padStart(8) + (isOver ? '' : `/${humanSize(total)}`);
}
