import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { createHasher } from './hasher.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

test('bytes of any length, cut anywhere, several at a time, while their buffer is used again', async () => {
  const hasher = createHasher();
  const works = [0, 1, 1000, 262_143, 262_144, 262_145, 1_048_576, 5_000_000].flatMap((length) =>
    [1 + length / 3, 100_000, 262_144, 3_000_000].map(async (step) => {
      const bytes = noise(length);
      const buffer = new Uint8Array(Math.ceil(step));
      const hashing = hasher.begin();
      for (let at = 0; at < length; at += buffer.length) {
        const part = bytes.subarray(at, at + buffer.length);
        buffer.set(part);
        await hashing.update(buffer.subarray(0, part.length));
      }
      expect(await hashing.digest()).toBe(sha256(bytes));
    }),
  );
  await Promise.all(works);
});

test('one that is given up does not hold up the others', async () => {
  const hasher = createHasher();
  const given = hasher.begin();
  await given.update(noise(2_000_000));
  given.close();
  const whole = hasher.begin();
  await whole.update(noise(300_000));
  await whole.digest();
  whole.close();
  const bytes = noise(2_000_000);
  const hashing = hasher.begin();
  await hashing.update(bytes);
  expect(await hashing.digest()).toBe(sha256(bytes));
});

test('a program that is done ends, whether it hashed to the end or not', () => {
  const program = `
    import { createHasher } from ${JSON.stringify(`${import.meta.dir}/hasher.ts`)};
    const hasher = createHasher();
    const one = hasher.begin();
    await one.update(new Uint8Array(1_000_000));
    const digest = await one.digest();
    const other = hasher.begin();
    await other.update(new Uint8Array(1_000_000));
    other.close();
    console.log(digest);`;
  const start = performance.now();
  const said = Bun.spawnSync([process.execPath, '-e', program], { timeout: 20_000 });
  expect(said.stdout.toString().trim()).toBe(sha256(new Uint8Array(1_000_000)));
  expect(said.exitCode).toBe(0);
  expect(performance.now() - start).toBeLessThan(4500);
});
