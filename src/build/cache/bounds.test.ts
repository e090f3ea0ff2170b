import { expect, test } from 'bun:test';
import { silent } from '../../kit/index.ts';
import { createClearing } from '../clearing.ts';
import { createBounds } from './bounds.ts';

test('builds that end one after another have the cache looked through once, and once more later', async () => {
  const clearing = createClearing(silent);
  let looks = 0;
  const bounds = createBounds({ clearing, keep: async () => void looks++ });
  for (let count = 0; count < 5; count++) {
    bounds.look();
    await clearing.settled();
  }
  expect(looks).toBe(1);
  bounds.close();
});
