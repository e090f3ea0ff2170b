import { expect, test } from 'bun:test';
import { createMailbox } from './mailbox.ts';

test('a nudge before the wait is not lost', async () => {
  const mailbox = createMailbox<number>();
  mailbox.nudge();
  await mailbox.changed();
  let woken = false;
  const waiting = mailbox.changed().then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  mailbox.put(1);
  await waiting;
  expect(mailbox.take()).toBe(1);
  expect(mailbox.take()).toBeUndefined();
});
