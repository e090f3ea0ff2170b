import { expect, test } from 'bun:test';
import { checkName, generateName } from './names.ts';

test('names are an adjective and a person, and valid themselves', () => {
  for (let index = 0; index < 200; index++) {
    const name = generateName(0);
    expect(name).toMatch(/^[a-z]+_[a-z]+$/);
    checkName(name);
  }
  expect(generateName(1)).toMatch(/^[a-z]+_[a-z]+\d$/);
  expect(new Set(Array.from({ length: 50 }, () => generateName(0))).size).toBeGreaterThan(40);
});

test("what is no name is refused in Docker's words", () => {
  for (const name of ['ab', 'a_b.c-d', '/web', '0x']) checkName(name);
  for (const name of ['a', '-ab', 'a b', 'a/b', '', '//ab', 'ä1', 'ab\n']) {
    expect(() => checkName(name)).toThrow(
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
});
