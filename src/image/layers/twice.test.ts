import { expect, test } from 'bun:test';
import { twice } from './twice.ts';

async function* numbers(count: number, failure?: Error) {
  for (let at = 0; at < count; at++) yield Uint8Array.of(at);
  if (failure) throw failure;
}

async function all(source: AsyncIterable<Uint8Array>, most = Number.POSITIVE_INFINITY): Promise<number[]> {
  const found: number[] = [];
  if (most === 0) return found;
  for await (const bytes of source) {
    found.push(bytes[0] ?? -1);
    if (found.length === most) break;
  }
  return found;
}

test('both readers have all, whoever is slower', async () => {
  for (const slow of [0, 1]) {
    const [first, second] = twice(numbers(20));
    const pair = [first, second];
    const slowly = async (source: AsyncIterable<Uint8Array>) => {
      const found: number[] = [];
      for await (const bytes of source) {
        await Bun.sleep(1);
        found.push(bytes[0] ?? -1);
      }
      return found;
    };
    const [one, other] = await Promise.all(
      pair.map((source, index) => (index === slow ? slowly(source) : all(source))),
    );
    expect(one).toEqual([...Array(20).keys()]);
    expect(other).toEqual(one);
  }
});

test('one that stops does not hold up the other', async () => {
  const [first, second] = twice(numbers(20));
  const [all20, three] = await Promise.all([all(first), all(second, 3)]);
  expect([all20.length, three.length]).toEqual([20, 3]);
  const [early, late] = twice(numbers(20));
  const found = await Promise.allSettled([all(early, 3), all(late)]);
  expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('what the source throws is heard by both', async () => {
  const [first, second] = twice(numbers(5, new Error('broken')));
  const found = await Promise.allSettled([all(first), all(second)]);
  expect(found.map((one) => (one as PromiseRejectedResult).reason?.message)).toEqual(['broken', 'broken']);
});

test('who drops the second without a word holds the first up until he leaves', async () => {
  for (const reads of [0, 1]) {
    const [first, second, leave] = twice(numbers(5));
    const dropped = second[Symbol.asyncIterator]();
    const whole = Array.fromAsync(first);
    for (let count = 0; count < reads; count++) await dropped.next();
    leave();
    expect((await whole).length).toBe(5);
  }
});
