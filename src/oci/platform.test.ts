import { expect, test } from 'bun:test';
import { chainIds, formatPlatform, hostPlatform, parsePlatform, platformMatches, platformRank } from './index.ts';

test('platforms are parsed, normalised and matched', () => {
  expect(parsePlatform('linux/x86_64')).toEqual({ os: 'linux', architecture: 'amd64' });
  expect(parsePlatform('linux/arm64/v8')).toEqual({ os: 'linux', architecture: 'arm64' });
  expect(formatPlatform(parsePlatform('Linux/ARM/v7'))).toBe('linux/arm/v7');
  expect(parsePlatform('linux')).toEqual(hostPlatform());
  expect(platformMatches({ os: 'linux', architecture: 'x86_64' }, parsePlatform('linux/amd64'))).toBe(true);
  expect(platformMatches({ os: 'linux', architecture: 'arm64' }, parsePlatform('linux/amd64'))).toBe(false);
  expect(parsePlatform('macos')).toEqual({ ...hostPlatform(), os: 'darwin' });
  expect(parsePlatform('windows(10.0.17763)/amd64')).toEqual({ os: 'windows', architecture: 'amd64' });
  expect(platformMatches({ os: 'linux', architecture: 'x86_64' }, { os: 'linux', architecture: 'x86_64' })).toBe(true);
});

const wrong: [text: string, words: string][] = [
  ['', '"" is an invalid OS component of ""'],
  ['li nux', '"li nux" is an invalid OS component of "li nux"'],
  ['/', '"" is an invalid OS component of "/": OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)'],
  ['linux/', '"" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$"'],
  ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier: invalid argument'],
];
test.each(wrong)('%p is no platform', (text, words) => {
  expect(() => parsePlatform(text)).toThrow(words);
});

test('chain ids are those of the specification', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
  const [first, second, third] = chainIds([a, b, c]);
  expect(first).toBe(a);
  expect(second).toBe(`sha256:${new Bun.CryptoHasher('sha256').update(`${a} ${b}`).digest('hex')}`);
  expect(third).toBe(`sha256:${new Bun.CryptoHasher('sha256').update(`${second} ${c}`).digest('hex')}`);
});

const ranks: [offered: string, wanted: string, rank: number | undefined][] = [
  ['linux/amd64', 'linux/amd64', 0],
  ['linux/386', 'linux/amd64', 1],
  ['linux/amd64', 'linux/386', undefined],
  ['linux/amd64/v3', 'linux/amd64', undefined],
  ['linux/amd64', 'linux/amd64/v3', 2],
  ['linux/arm64/v8', 'linux/arm64', 0],
  ['linux/arm/v7', 'linux/arm64', 2],
  ['linux/arm/v6', 'linux/arm/v7', 1],
  ['linux/arm', 'linux/arm/v7', 0],
  ['linux/arm/v7', 'linux/arm/v6', undefined],
  ['windows/amd64', 'linux/amd64', undefined],
];
for (const [offered, wanted, rank] of ranks) {
  test(`${offered} where ${wanted} is asked for ${rank === undefined ? 'does not run' : `comes ${rank}`}`, () => {
    const of = (text: string) => {
      const [os = '', architecture = '', variant] = text.split('/');
      return { os, architecture, ...(variant && { variant }) };
    };
    expect(platformRank(of(offered), of(wanted))).toBe(rank);
  });
}
