/** The engine's refusal: `message` is the engine's own sentence, `status` its HTTP status. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** The engine refused to hand a connection over; `reason` is its own sentence. */
export class UpgradeError extends Error {
  readonly reason: string;

  constructor(status: number, reason: string) {
    super(`unable to upgrade to tcp, received ${status}`);
    this.name = 'UpgradeError';
    this.reason = reason;
  }
}

/** No engine answers at the address; `refused` says that nothing listens there (as opposed to no permission). */
export class ConnectError extends Error {
  readonly refused: boolean;

  constructor(message: string, refused: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectError';
    this.refused = refused;
  }
}

/** A failed connect in the words users know. */
export function connectError(host: string, cause: unknown): ConnectError {
  const code = (cause as { code?: string }).code;
  if (code === 'EACCES' || code === 'EPERM') {
    const path = host.replace(/^unix:\/\//, '');
    const message = `permission denied while trying to connect to the Docker daemon socket at ${host}: dial unix ${path}: connect: permission denied`;
    return new ConnectError(message, false, cause);
  }
  return new ConnectError(
    `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`,
    code === 'ENOENT' || code === 'ECONNREFUSED',
    cause,
  );
}
