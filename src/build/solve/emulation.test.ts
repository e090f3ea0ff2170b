import { expect, test } from 'bun:test';
import { EngineError } from '../../kit/index.ts';
import { explainingForeign } from './emulation.ts';

const platform = { os: 'linux', architecture: 's390x' };
const why = /exit code: 255: a RUN for linux\/s390x cannot be executed on this host/;

async function failing(pieces: [stream: 1 | 2, text: string][]): Promise<{ message: string; logged: string }> {
  let logged = '';
  const log = (_: 1 | 2, bytes: Uint8Array): void => {
    logged += Buffer.from(bytes).toString();
  };
  const failure = explainingForeign({ platform, log }, async (say) => {
    for (const [stream, text] of pieces) say(stream, Buffer.from(text));
    throw new EngineError('internal', 'exit code: 255');
  });
  return { message: await failure.catch(({ message }: Error) => message), logged };
}

test('the words of a program of another machine are heard in whatever pieces they come', async () => {
  const whole = 'exec /program: exec format error\n';
  expect((await failing([[2, whole]])).message).toMatch(why);
  for (let at = 1; at < whole.length; at++) {
    const { message, logged } = await failing([
      [2, whole.slice(0, at)],
      [2, whole.slice(at)],
    ]);
    expect(message).toMatch(why);
    expect(logged).toBe(whole);
  }
  expect((await failing([...whole].map((letter): [2, string] => [2, letter]))).message).toMatch(why);
});

test('other failures are left as they are', async () => {
  expect((await failing([[2, 'no such file\n']])).message).toBe('exit code: 255');
  // Halves of two streams are no words.
  const halves = await failing([
    [1, 'exec format'],
    [2, ' error'],
  ]);
  expect(halves.message).toBe('exit code: 255');
});
