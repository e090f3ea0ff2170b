import { ApiError } from '../client/index.ts';

/** What the user reads of anything thrown. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ApiError ? `Error response from daemon: ${message}` : message;
}
