import { expect, test } from 'bun:test';
import type { Log } from '../kit/index.ts';
import { setProxies, shownProxies } from './proxies.ts';

const given = { HTTP_PROXY: 'http://me:secret@new:1', NO_PROXY: 'a,b' };

test('the proxies of the settings are set under both names; what they replace is told without passwords', () => {
  const told: unknown[] = [];
  const log = { warn: (words: string, attributes: unknown) => told.push([words, attributes]) } as unknown as Log;
  const env: Record<string, string> = {
    http_proxy: 'http://you:secret@old:1',
    NO_PROXY: 'a,b',
    HTTPS_PROXY: 'http://kept',
  };
  setProxies(given, env, log);
  const both = { HTTP_PROXY: given.HTTP_PROXY, http_proxy: given.HTTP_PROXY, NO_PROXY: 'a,b', no_proxy: 'a,b' };
  expect(env).toEqual({ ...both, HTTPS_PROXY: 'http://kept' });
  const values = { 'old-value': 'http://xxxxx:xxxxx@old:1', 'new-value': 'http://xxxxx:xxxxx@new:1' };
  expect(told).toEqual([
    ['overriding existing proxy variable with value from configuration', { name: 'http_proxy', ...values }],
  ]);
});

test('they are shown as directives', () => {
  expect(shownProxies(given)).toEqual({ 'http-proxy': 'http://xxxxx:xxxxx@new:1', 'no-proxy': 'a,b' });
});
