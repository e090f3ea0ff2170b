import { EngineError } from '../kit/index.ts';

/** The name of an image, taken apart and filled up: `busybox` is `docker.io`, `library/busybox`. */
export interface Reference {
  domain: string;
  path: string;
  tag?: string;
  digest?: string;
}

const alphanumeric = '[a-z0-9]+';
const component = `${alphanumeric}(?:(?:[._]|__|-+)${alphanumeric})*`;
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const tag = '\\w[\\w.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const whole = new RegExp(`^(${domain})/(${component}(?:/${component})*)(?::(${tag}))?(?:@(${digest}))?$`);
const tagAlone = new RegExp(`^${tag}$`);

const DEFAULT_DOMAIN = 'docker.io';
const DEFAULT_NAMESPACE = 'library/';

/** Parses what a user calls an image; otherwise an EngineError `invalid` in Docker's words. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw new EngineError('invalid', `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [host, rest] = splitDomain(text);
  const name = /^[^:]*/.exec(rest)?.[0] ?? '';
  if (name !== name.toLowerCase()) {
    throw new EngineError('invalid', `invalid reference format: repository name (${name}) must be lowercase`);
  }
  const match = whole.exec(`${host}/${rest}`);
  if (!match) throw new EngineError('invalid', 'invalid reference format');
  const [, matchedDomain = '', path = '', matchedTag, matchedDigest] = match;
  if (`${matchedDomain}/${path}`.length > 255) {
    throw new EngineError('invalid', 'repository name must not be more than 255 characters');
  }
  if (matchedDigest !== undefined) checkDigest(matchedDigest);
  return {
    domain: matchedDomain,
    path,
    ...(matchedTag === undefined ? {} : { tag: matchedTag }),
    ...(matchedDigest === undefined ? {} : { digest: matchedDigest }),
  };
}

/** The reference with the tag `latest` if it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** Whether the text may be a tag. */
export function isTag(text: string): boolean {
  return tagAlone.test(text);
}

/** The repository as people write it: without `docker.io` and `library`. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return `${reference.domain}/${reference.path}`;
  const short = reference.path.slice(DEFAULT_NAMESPACE.length);
  return reference.path.startsWith(DEFAULT_NAMESPACE) && !short.includes('/') ? short : reference.path;
}

/** The whole reference as people write it. */
export function familiarString(reference: Reference): string {
  const tagged = reference.tag === undefined ? '' : `:${reference.tag}`;
  return `${familiarName(reference)}${tagged}${reference.digest === undefined ? '' : `@${reference.digest}`}`;
}

/** Docker's rule: what stands before the first slash is a host if it looks like one. */
function splitDomain(text: string): [host: string, rest: string] {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const host = isHost && first !== 'index.docker.io' ? first : DEFAULT_DOMAIN;
  const rest = isHost ? text.slice(slash + 1) : text;
  return host === DEFAULT_DOMAIN && !rest.includes('/') ? [host, DEFAULT_NAMESPACE + rest] : [host, rest];
}

function checkDigest(text: string): void {
  const [algorithm = '', hex = ''] = text.split(':');
  const length = { sha256: 64, sha384: 96, sha512: 128 }[algorithm];
  if (length === undefined) throw new EngineError('invalid', 'unsupported digest algorithm');
  if (hex.length !== length) throw new EngineError('invalid', 'invalid checksum digest length');
  if (hex !== hex.toLowerCase()) throw new EngineError('invalid', 'invalid checksum digest format');
}
