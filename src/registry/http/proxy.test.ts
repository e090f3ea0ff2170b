import { expect, test } from 'bun:test';
import { proxyFor } from './proxy.ts';

const proxy = (url: string, none = '') => proxyFor(new URL(url), { http: 'plain:1', https: 'http://tls:2', none });

test('a proxy by scheme, none for this machine', () => {
  expect(proxy('http://a.example/')).toBe('http://plain:1');
  expect(proxy('https://a.example/')).toBe('http://tls:2');
  for (const own of ['localhost', '127.0.0.1:5000', '127.3.2.1', '[::1]:5000'])
    expect(proxy(`http://${own}/`)).toBeUndefined();
});

const cases: [none: string, host: string, direct: boolean][] = [
  ['*', 'a.example', true],
  ['a.example', 'a.example', true],
  ['a.example', 'x.a.example', true],
  ['a.example', 'aa.example', false],
  ['.a.example', 'a.example', false],
  ['.a.example', 'x.a.example', true],
  ['*.a.example', 'x.a.example', true],
  ['a.example:5000', 'a.example:5000', true],
  ['a.example:5000', 'a.example', false],
  ['b.example, A.example', 'a.example', true],
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.1.2.3', '10.1.2.3:5000', true],
  ['fd00::/8', '[fd00::1]:80', true],
  ['', 'a.example', false],
];
for (const [none, host, direct] of cases) {
  test(`${host} ${direct ? 'is' : 'is not'} spared by ${none || 'nothing'}`, () => {
    expect(proxy(`http://${host}/`, none) === undefined).toBe(direct);
  });
}
