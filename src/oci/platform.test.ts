import { expect, test } from 'bun:test';
import { chainIds, formatPlatform, hostPlatform, parsePlatform, platformMatches } from './index.ts';

test('platforms are parsed, normalised and matched', () => {
  expect(parsePlatform('linux/x86_64')).toEqual({ os: 'linux', architecture: 'amd64' });
  expect(parsePlatform('linux/arm64/v8')).toEqual({ os: 'linux', architecture: 'arm64' });
  expect(formatPlatform(parsePlatform('Linux/ARM/v7'))).toBe('linux/arm/v7');
  expect(parsePlatform('linux')).toEqual(hostPlatform());
  expect(platformMatches({ os: 'linux', architecture: 'x86_64' }, parsePlatform('linux/amd64'))).toBe(true);
  expect(platformMatches({ os: 'linux', architecture: 'arm64' }, parsePlatform('linux/amd64'))).toBe(false);
  for (const text of ['', 'a/b/c/d', 'linux/', 'li nux']) {
    expect(() => parsePlatform(text)).toThrow('cannot parse platform specifier');
  }
});

test('chain ids are those of the specification', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
  const [first, second, third] = chainIds([a, b, c]);
  expect(first).toBe(a);
  expect(second).toBe(`sha256:${new Bun.CryptoHasher('sha256').update(`${a} ${b}`).digest('hex')}`);
  expect(third).toBe(`sha256:${new Bun.CryptoHasher('sha256').update(`${second} ${c}`).digest('hex')}`);
});
