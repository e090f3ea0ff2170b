import { randomBytes } from 'node:crypto';

/** A new container, exec or network id: 64 lower-case hex digits. */
export function newId(): string {
  return randomBytes(32).toString('hex');
}

/** A start's token: 32 lower-case hex digits. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

/** The 12 digits that people see of an id; a leading `sha256:` is dropped. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
