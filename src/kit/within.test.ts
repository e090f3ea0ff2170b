import { expect, test } from 'bun:test';
import { within } from './within.ts';

test('what comes in time, what fails, and what does not come', async () => {
  expect(await within(1000, Promise.resolve(7))).toBe(7);
  await expect(within(1000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await within(1, new Promise(() => undefined))).toBe('late');
});
