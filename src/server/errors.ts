import { asEngineError, type EngineError, type ErrorKind } from '../kit/index.ts';

/** The one place that knows which status an error has. */
const statuses: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  notModified: 304,
  unsupported: 501,
  limited: 429,
  unavailable: 503,
  internal: 500,
};

/** The status and the words of anything thrown. */
export function describeError(error: unknown): { status: number; message: string; error: EngineError } {
  const known = asEngineError(error);
  return { status: statuses[known.kind], message: known.message, error: known };
}
