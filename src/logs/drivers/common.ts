import { EngineError } from '../../kit/index.ts';

/** What every driver that passes lines on takes. */
export const commonOptions = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];

/** Refuses an option that is not among `known`, in Docker's words. */
export function checkNames(driver: string, options: Record<string, string>, known: string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name) || commonOptions.includes(name)) continue;
    throw new EngineError('invalid', `unknown log opt '${name}' for ${driver} log driver`);
  }
}

/** Milliseconds before another attempt to connect: soon at first, then seldom, but never so seldom that a server waits long. */
export const usualPause = (attempt: number): number => Math.min(100 * 1.5 ** attempt, 5000);

/** How long a connection may take to come about. */
export const connectTimeout = 10_000;

/** How long a connection must outlive what it took, where the other side does not say what it has read. */
export const usualDoubt = 1000;
