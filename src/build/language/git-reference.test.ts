import { expect, test } from 'bun:test';
import { parseGitReference } from './git-reference.ts';

const plain = { ref: '', subdir: '', submodules: true, mtime: 'checkout', fetchByCommit: false } as const;
const commit = 'a'.repeat(40);

test('repositories', () => {
  const all: [text: string, expected: object][] = [
    ['https://example.com/a/b.git', { remote: 'https://example.com/a/b.git' }],
    ['http://example.com/b.git#main', { remote: 'http://example.com/b.git', ref: 'main' }],
    ['git@example.com:a/b.git#v1:docs', { remote: 'git@example.com:a/b.git', ref: 'v1', subdir: 'docs' }],
    ['git@example.com:a/b#:docs/../x', { remote: 'git@example.com:a/b', subdir: 'x' }],
    ['ssh://git@example.com:22/b', { remote: 'ssh://git@example.com:22/b' }],
    ['git://example.com/b?tag=v1', { remote: 'git://example.com/b', ref: 'refs/tags/v1' }],
    ['https://h/b.git?branch=x&subdir=d', { remote: 'https://h/b.git', ref: 'refs/heads/x', subdir: 'd' }],
    [`https://h/b.git?checksum=${commit}`, { remote: 'https://h/b.git', checksum: commit }],
    ['https://h/b.git?submodules=0&keep-git-dir', { remote: 'https://h/b.git', submodules: false, keepGitDir: true }],
    [
      'https://h/b.git?mtime=commit&fetch-by-commit',
      { remote: 'https://h/b.git', mtime: 'commit', fetchByCommit: true },
    ],
  ];
  for (const [text, expected] of all) expect(parseGitReference(text)).toEqual({ ...plain, ...expected } as never);
});

test('what is none', () => {
  for (const text of ['a', './x.git', '../x.git', 'https://h/file.tar.gz', 'https://h.git', 'ftp://h/x.git', 'a:b']) {
    expect(parseGitReference(text)).toBeUndefined();
  }
});

test('queries that are wrong', () => {
  const all: [query: string, message: string][] = [
    ['color=red', 'unexpected query "color"'],
    ['ref=', 'query "ref" has no value'],
    ['ref=a&ref=b', 'query "ref" has multiple values'],
    ['submodules=maybe', 'invalid submodules value: "maybe"'],
    ['mtime=now', 'invalid mtime value: "now" (must be "checkout" or "commit")'],
    ['tag=a&branch=b', 'branch conflicts with tag'],
    ['ref=a&tag=b', 'ref conflicts: "a" vs "refs/tags/b"'],
  ];
  for (const [query, message] of all) expect(() => parseGitReference(`https://h/b.git?${query}`)).toThrow(message);
  expect(() => parseGitReference('https://h/b.git?ref=b#a')).toThrow('ref conflicts: "a" vs "b"');
});
