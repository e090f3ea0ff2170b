import { ApiError } from '../client/index.ts';

/** What the user reads of anything thrown. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ApiError ? fromEngine(message) : message;
}

/** How the user reads that it was the engine who said it. */
export function fromEngine(message: string): string {
  return `Error response from daemon: ${message}`;
}
