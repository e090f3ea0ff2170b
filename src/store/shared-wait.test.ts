import { expect, test } from 'bun:test';
import { sharedWait } from './shared-wait.ts';

test('those who ask while a wait is on share the next, which begins after it', async () => {
  const waits: PromiseWithResolvers<void>[] = [];
  const wait = sharedWait(() => {
    const one = Promise.withResolvers<void>();
    waits.push(one);
    return one.promise;
  });
  const first = wait();
  const later = [wait(), wait()];
  expect(waits).toHaveLength(1);
  waits[0]?.reject(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await Bun.sleep(0);
  expect(waits).toHaveLength(2);
  const last = wait();
  waits[1]?.resolve();
  await Promise.all(later);
  await Bun.sleep(0);
  expect(waits).toHaveLength(3);
  waits[2]?.resolve();
  await last;
});
