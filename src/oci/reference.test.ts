import { expect, test } from 'bun:test';
import { familiarName, familiarString, isTag, parseReference, withDefaultTag } from './index.ts';

const hex = 'a'.repeat(64);

const good: [text: string, domain: string, path: string, familiar: string][] = [
  ['busybox', 'docker.io', 'library/busybox', 'busybox:latest'],
  ['busybox:1.36', 'docker.io', 'library/busybox', 'busybox:1.36'],
  ['library/busybox', 'docker.io', 'library/busybox', 'busybox:latest'],
  ['docker.io/busybox', 'docker.io', 'library/busybox', 'busybox:latest'],
  ['index.docker.io/a/b', 'docker.io', 'a/b', 'a/b:latest'],
  ['docker.io/library/a/b', 'docker.io', 'library/a/b', 'library/a/b:latest'],
  ['localhost/x', 'localhost', 'x', 'localhost/x:latest'],
  ['localhost:5000/x:y', 'localhost:5000', 'x', 'localhost:5000/x:y'],
  ['Host/x', 'Host', 'x', 'Host/x:latest'],
  ['[::1]:5000/x', '[::1]:5000', 'x', '[::1]:5000/x:latest'],
  [`a__b/c-d.e@sha256:${hex}`, 'docker.io', 'a__b/c-d.e', `a__b/c-d.e@sha256:${hex}`],
  [`x:t@sha256:${hex}`, 'docker.io', 'library/x', `x:t@sha256:${hex}`],
];
for (const [text, domain, path, familiar] of good) {
  test(`${text} is ${domain} ${path}`, () => {
    const reference = parseReference(text);
    expect(reference).toMatchObject({ domain, path });
    expect(familiarString(withDefaultTag(reference))).toBe(familiar);
    expect(familiar.startsWith(familiarName(reference))).toBe(true);
  });
}

const bad: [text: string, message: string][] = [
  ['', 'invalid reference format'],
  [':tag', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['a:b:c', 'invalid reference format'],
  ['-a', 'invalid reference format'],
  ['a b', 'invalid reference format'],
  [`x:${'t'.repeat(129)}`, 'invalid reference format'],
  ['Busybox', 'invalid reference format: repository name (library/Busybox) must be lowercase'],
  ['a/Bb:T', 'invalid reference format: repository name (a/Bb) must be lowercase'],
  [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
  [`x@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
  [`x@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
  ['a/'.repeat(130).slice(0, -1), 'repository name must not be more than 255 characters'],
];
for (const [text, message] of bad) {
  test(`${text.slice(0, 40) || 'nothing'} is refused: ${message.slice(0, 60)}`, () => {
    expect(() => parseReference(text)).toThrow(message);
  });
}

test('tags', () => {
  expect(['latest', 'v1.0-rc_1', '_'].every(isTag)).toBe(true);
  expect(['', '-x', '.x', 'a/b', 'a:b', 'x'.repeat(129)].some(isTag)).toBe(false);
});
