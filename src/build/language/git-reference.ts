import { posix } from 'node:path';
import { truthOf } from '../../kit/index.ts';
import type { GitReference } from './contract.ts';
import { DockerfileError } from './error.ts';
import { quote } from './text/quote.ts';

/**
 * A git repository as Docker writes it: `https://host/x.git`, `git@host:x`, `git://…`, `ssh://…`, each with `#ref:directory` or a
 * query. Undefined for what is none (`https://host/file.tar`, a path); a DockerfileError where its query is wrong.
 */
export function parseGitReference(text: string): GitReference | undefined {
  if (text.startsWith('./') || text.startsWith('../')) return undefined;
  const parts = urlParts(text) ?? scpParts(text);
  if (!parts) return undefined;
  const [ref = '', directory = ''] = parts.fragment.split(/:(.*)/s);
  return withQuery(
    {
      remote: parts.remote,
      ref,
      subdir: directory === '' ? '' : posix.join('/', directory).slice(1),
      submodules: true,
      mtime: 'checkout',
      fetchByCommit: false,
    },
    parts.query,
  );
}

interface Parts {
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

function urlParts(text: string): Parts | undefined {
  const match = /^([a-zA-Z0-9]+):\/\/([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  if (!match) return undefined;
  const [, scheme = '', rest = '', query = '', fragment = ''] = match;
  const protocol = scheme.toLowerCase();
  if (!['http', 'https', 'ssh', 'git'].includes(protocol)) return undefined;
  if (protocol.startsWith('http') && !(rest.includes('/') && rest.endsWith('.git'))) return undefined;
  return { remote: `${protocol}://${rest}`, query, fragment: decoded(fragment) };
}

function scpParts(text: string): Parts | undefined {
  const match = /^([\w-]+@[a-zA-Z0-9.-]+:.*?)(?:\?(.*?))?(?:#(.*))?$/.exec(text);
  return match ? { remote: match[1] ?? '', query: match[2] ?? '', fragment: match[3] ?? '' } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withQuery(reference: GitReference, query: string): GitReference {
  const given = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (given.has(key)) throw new DockerfileError(`query ${quote(key)} has multiple values`);
    given.set(key, value);
  }
  let result = reference;
  for (const [key, value] of given) result = { ...result, ...one(result, key, value) };
  return named(result, given.get('tag'), given.get('branch'));
}

function one(reference: GitReference, key: string, value: string): Partial<GitReference> {
  if (key === 'keep-git-dir') return { keepGitDir: truth(key, value) };
  if (key === 'submodules') return { submodules: truth(key, value) };
  if (key === 'fetch-by-commit') return { fetchByCommit: truth(key, value) };
  if (value === '') throw new DockerfileError(`query ${quote(key)} has no value`);
  if (key === 'ref' || key === 'subdir') return { [key]: same(key, reference[key], value) };
  if (key === 'checksum' || key === 'commit') return { checksum: value };
  if (key === 'tag' || key === 'branch') return {};
  if (key !== 'mtime') throw new DockerfileError(`unexpected query ${quote(key)}`);
  if (value === 'checkout' || value === 'commit') return { mtime: value };
  throw new DockerfileError(`invalid mtime value: ${quote(value)} (must be "checkout" or "commit")`);
}

function named(reference: GitReference, tag: string | undefined, branch: string | undefined): GitReference {
  if (tag !== undefined && branch !== undefined) throw new DockerfileError('branch conflicts with tag');
  if (tag !== undefined) return { ...reference, ref: same('ref', reference.ref, prefixed('refs/tags/', tag)) };
  if (branch === undefined) return reference;
  return { ...reference, ref: same('ref', reference.ref, prefixed('refs/heads/', branch)) };
}

function prefixed(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function same(key: string, earlier: string, value: string): string {
  if (earlier === '' || earlier === value) return value;
  throw new DockerfileError(`${key} conflicts: ${quote(earlier)} vs ${quote(value)}`);
}

function truth(key: string, value: string): boolean {
  const parsed = value === '' ? true : truthOf(value);
  if (parsed === undefined) throw new DockerfileError(`invalid ${key} value: ${quote(value)}`);
  return parsed;
}
