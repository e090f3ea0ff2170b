import { isIP } from 'node:net';
import { EngineError, noTruth, truthOf } from '../../kit/index.ts';

export const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** As Go reads a truth value. */
export function readBoolean(text: string): boolean {
  const value = truthOf(text);
  if (value === undefined) throw refuse(noTruth(text));
  return value;
}

/** As Go reads a whole number: also hexadecimal, octal, binary. */
export function readInt(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(0x[\da-f]+|0b[01]+|0o[0-7]+|\d+)$/i.exec(text) ?? [];
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (digits === '' || /^0\d*[89]/.test(digits)) {
    throw refuse(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(octal) * (sign === '-' ? -1 : 1);
}

const powers = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes of `64M`, `1.5gib`: multiples of 1024. `quote` is how a wrong one is quoted. */
export function readBytes(text: string, quote = "'"): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(.*)$/s.exec(text) ?? [];
  if (number === undefined) throw refuse(`invalid size: ${quote}${text}${quote}`);
  const [, letter] = /^([kmgtp]?)(?:i?b)?$/i.exec(unit) ?? [];
  if (letter === undefined) throw refuse(`invalid suffix: '${unit}'`);
  return Math.floor(Number(number) * 1024 ** powers.indexOf(letter.toLowerCase()));
}

/** A label as `key=value`; none of the names that Docker keeps for itself. */
export function checkLabel(label: string): string {
  if (!label.includes('=')) throw refuse(`bad attribute format: ${label}`);
  if (/^(com\.docker|io\.docker|org\.dockerproject)\./i.test(label)) {
    throw refuse(
      `label ${label} is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are reserved for internal use`,
    );
  }
  return label;
}

/** A domain to search, or `.` for none. */
export function checkDomain(text: string): string {
  const domain = text.trim();
  if (domain === '.') return domain;
  const part = '[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?';
  if (!new RegExp(`^${part}(\\.${part})*\\.?$`).test(domain) || !/[a-zA-Z]/.test(domain) || domain.length > 255) {
    throw refuse(`${text} is not a valid domain`);
  }
  return domain;
}

/** A mirror's address as `https://host/`. */
export function checkMirror(text: string): string {
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) {
    throw refuse(
      `invalid mirror: no scheme specified for ${JSON.stringify(text)}: must use either 'https://' or 'http://'`,
    );
  }
  if (!['http', 'https'].includes(scheme)) {
    throw refuse(
      `invalid mirror: unsupported scheme ${JSON.stringify(scheme)} in ${JSON.stringify(text)}: must use either 'https://' or 'http://'`,
    );
  }
  if (!URL.canParse(text)) throw refuse(`invalid mirror: ${JSON.stringify(text)} is not a valid URI`);
  const { search, hash, username } = new URL(text);
  if (search !== '' || hash !== '' || /[?#]$/.test(text)) {
    throw refuse(`invalid mirror: query or fragment at end of the URI ${JSON.stringify(text)}`);
  }
  if (username !== '') throw refuse('invalid mirror: username/password not allowed in URI');
  return `${text.replace(/\/+$/, '')}/`;
}

export function checkIp(text: string, words: (text: string) => string): string {
  if (isIP(text.trim()) === 0) throw refuse(words(text));
  return text.trim();
}
