import { expect, test } from 'bun:test';
import { changeMode, parseChmod } from './mode.ts';

test('octal and symbolic', () => {
  expect(parseChmod('0755')).toBe(0o755);
  expect(parseChmod('4755')).toBe(0o4755);
  expect(parseChmod('u+x,go=')).toBe('u+x,go=');
  for (const text of ['77777', '8', '7x']) {
    expect(() => parseChmod(text)).toThrow(
      `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    );
  }
  for (const text of ['rwx', 'u', 'u+x,', 'u+y']) expect(() => parseChmod(text)).toThrow('invalid syntax');
});

/** Each as chmod(1) answers with no mask. */
test('symbolic words applied', () => {
  const all: [mode: number, words: string, changed: number, directory?: boolean][] = [
    [0o644, 'u+x', 0o744],
    [0o644, '+x', 0o755],
    [0o755, 'go-rx', 0o700],
    [0o640, 'g=u', 0o660],
    [0o644, 'a=rX', 0o444],
    [0o744, 'a=rX', 0o555],
    [0o644, 'a=rX', 0o555, true],
    [0o644, 'u=rwx,g=rx,o=', 0o750],
    [0o755, 'u+s,g+s', 0o6755],
    [0o6755, 'ug-s', 0o755],
    [0o755, '+t', 0o1755],
    [0o777, 'o=', 0o770],
    [0o600, 'u+x-w', 0o500],
    [0o711, 'o=g', 0o711],
    [0o4755, 'u=rw', 0o655],
  ];
  for (const [mode, words, changed, directory] of all) {
    expect([words, changeMode(mode, words, directory ?? false).toString(8)]).toEqual([words, changed.toString(8)]);
  }
});
