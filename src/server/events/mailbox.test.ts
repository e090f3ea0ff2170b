import { expect, test } from 'bun:test';
import { createMailbox } from './mailbox.ts';

test('a nudge before the wait is not lost', async () => {
  const mailbox = createMailbox(100);
  mailbox.nudge();
  await mailbox.changed();
  let woken = false;
  const waiting = mailbox.changed().then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  mailbox.put('a');
  mailbox.put('b');
  await waiting;
  expect(mailbox.take()).toBe('ab');
  expect(mailbox.take()).toBe('');
});

test('what is read makes room; what is not read is not kept without end', async () => {
  const mailbox = createMailbox(10);
  let overflown = false;
  void mailbox.overflown.then(() => (overflown = true));
  for (let count = 0; count < 5; count++) {
    mailbox.put('12345');
    mailbox.put('12345');
    expect(mailbox.take()).toHaveLength(10);
  }
  await Promise.resolve();
  expect(overflown).toBe(false);
  mailbox.put('12345');
  mailbox.put('123456');
  await mailbox.overflown;
  mailbox.put('1');
  expect(mailbox.take()).toBe('');
});
