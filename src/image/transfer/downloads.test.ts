import { afterEach, beforeEach, expect, test } from 'bun:test';
import { silent } from '../../kit/index.ts';
import { createRegistry, type Repository } from '../../registry/index.ts';
import { type SmallRegistry, startSmallRegistry } from '../../registry/testing/small-registry.ts';
import { createMemoryStore, type Incoming, type Store } from '../../store/index.ts';
import type { DownloadStep } from './download.ts';
import { createDownloads, type Fetching, usualLimits } from './downloads.ts';

let small: SmallRegistry;
let store: Store;
beforeEach(() => {
  small = startSmallRegistry();
  store = createMemoryStore();
});
afterEach(async () => {
  await small.close();
  store.close();
});

const bytes = Buffer.alloc(300_000, 'some bytes. ');
const never = new AbortController().signal;
const pauses: number[] = [];

function create(most = 3) {
  pauses.length = 0;
  const limits = () => ({ ...usualLimits, downloads: most });
  return createDownloads({ blobs: store.blobs, limits, pause: async (ms) => void pauses.push(ms) });
}

function using<T>(work: (repository: Repository) => Promise<T>): Promise<T> {
  const registry = createRegistry({ log: silent, pause: async () => undefined });
  return registry.at({ domain: small.host, path: 'box' }, { access: 'pull' }, work);
}

/** What is told of a download, the bars left out. */
function teller() {
  const steps: string[] = [];
  const tell = (step: DownloadStep) => {
    const text = step.step === 'retrying' ? `retrying ${step.seconds}` : step.step;
    if (steps.at(-1) !== text) steps.push(text);
  };
  return { steps, tell };
}

async function whole(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Ends a blob's body after so many bytes, the first `times`. */
function cutting(after: number, times: number): void {
  let left = times;
  small.fault = (request, url) => {
    if (!url.pathname.includes('/blobs/') || left-- <= 0) return undefined;
    const from = Number(/\d+/.exec(request.headers.get('range') ?? '0')?.[0]);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(from, from + after));
        controller.close();
      },
    });
    const headers: Record<string, string> =
      from === 0 ? {} : { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    return new Response(body, { status: from === 0 ? 200 : 206, headers });
  };
}

const ranges = () => small.asked.filter((line) => line.includes('/blobs/')).map((line) => line.split(' ')[2] ?? 'all');

test('a blob arrives, and can be read on the way', async () => {
  const blob = small.blob(bytes, 'x');
  const { steps, tell } = teller();
  await using(async (repository) => {
    const { done, arriving } = create().fetch({ repository, blob, signal: never, tell });
    expect((await whole(await arriving)).equals(bytes)).toBe(true);
    await done;
  });
  expect(steps).toEqual(['downloading', 'verifying', 'complete']);
  expect(store.blobs.has(blob.digest)).toBe(true);
});

test('one that breaks goes on from where it broke, and whoever reads it notices nothing', async () => {
  const blob = small.blob(bytes, 'x');
  cutting(100_000, 2);
  const { steps, tell } = teller();
  await using(async (repository) => {
    const { done, arriving } = create().fetch({ repository, blob, signal: never, tell });
    expect((await whole(await arriving)).equals(bytes)).toBe(true);
    await done;
  });
  expect(ranges()).toEqual(['all', 'bytes=100000-', 'bytes=200000-']);
  expect(steps.slice(0, 3)).toEqual(['downloading', 'retrying 5', 'retrying 4']);
  expect(pauses).toHaveLength(10);
});

test('a registry without ranges sends all again', async () => {
  const blob = small.blob(bytes, 'x');
  cutting(100_000, 1);
  const cut = small.fault;
  small.fault = (request, url) =>
    request.headers.has('range') ? new Response(bytes) : (cut?.(request, url) ?? undefined);
  await using((repository) => create().fetch({ repository, blob, signal: never, tell: () => undefined }).done);
  expect(ranges()).toEqual(['all', 'bytes=100000-']);
  expect(Buffer.from(await store.blobs.read(blob.digest)).equals(bytes)).toBe(true);
});

test('the next life goes on with what is there; what turns out to be damaged is fetched anew', async () => {
  const blob = small.blob(bytes, 'x');
  for (const left of [bytes.subarray(0, 1000), Buffer.alloc(1000, 'damaged')]) {
    small.asked.length = 0;
    const begun = await store.blobs.receive(blob.digest);
    await begun.write(left);
    await begun.close();
    await using(async (repository) => {
      const { done, arriving } = create().fetch({ repository, blob, signal: never, tell: () => undefined });
      expect(await arriving).toBeUndefined();
      await done;
    });
    expect(ranges()).toEqual(left[0] === bytes[0] ? ['bytes=1000-'] : ['bytes=1000-', 'all']);
    expect(Buffer.from(await store.blobs.read(blob.digest)).equals(bytes)).toBe(true);
    store.blobs.delete(blob.digest);
  }
});

const wrong: [what: string, body: Buffer][] = [
  ['other bytes', Buffer.alloc(bytes.length, 'other')],
  ['too many bytes', Buffer.concat([bytes, bytes])],
  ['too few bytes', bytes.subarray(1)],
];
for (const [what, body] of wrong) {
  test(`${what} are refused, and nothing of them stays`, async () => {
    const blob = small.blob(bytes, 'x');
    small.fault = (_, { pathname }) => (pathname.includes('/blobs/') ? new Response(body) : undefined);
    const words = `filesystem layer verification failed for digest ${blob.digest}`;
    const fetching = using(async (repository) => {
      const { done, arriving } = create().fetch({ repository, blob, signal: never, tell: () => undefined });
      const read = whole(await arriving).then(
        () => 'read',
        () => 'refused',
      );
      await done.catch((error: Error) => expect(error.message).toBe(words));
      expect(await read).toBe('refused');
    });
    await fetching;
    expect(store.blobs.all()).toEqual([]);
    const again = await store.blobs.receive(blob.digest);
    expect(again.resumed).toBe(0);
    await again.close();
  });
}

test('what is asked for twice is fetched once; it ends with the last who wants it', async () => {
  const blob = small.blob(bytes, 'x');
  const gate = Promise.withResolvers<void>();
  small.fault = async (_, { pathname }) => {
    if (pathname.includes('/blobs/')) await gate.promise;
    return undefined;
  };
  const downloads = create();
  const one = new AbortController();
  await using(async (repository) => {
    const ask = (signal: AbortSignal): Fetching => downloads.fetch({ repository, blob, signal, tell: () => undefined });
    const [first, second] = [ask(one.signal), ask(never)];
    one.abort(new Error('left'));
    await expect(first.done).rejects.toThrow('left');
    gate.resolve();
    await second.done;
  });
  expect(ranges()).toEqual(['all']);
  expect(store.blobs.has(blob.digest)).toBe(true);
});

test('when all have left it stops, and what came stays for the next', async () => {
  const blob = small.blob(bytes, 'x');
  small.fault = (_, { pathname }) =>
    pathname.includes('/blobs/')
      ? new Response(new ReadableStream({ start: (controller) => controller.enqueue(bytes.subarray(0, 1000)) }))
      : undefined;
  const leaving = new AbortController();
  await using(async (repository) => {
    const tell = (step: DownloadStep) => void (step.step === 'downloading' && leaving.abort(new Error('left')));
    const { done } = create().fetch({ repository, blob, signal: leaving.signal, tell });
    await expect(done).rejects.toThrow('left');
  });
  const begun = await store.blobs.receive(blob.digest);
  expect(begun.resumed).toBe(1000);
  await begun.close();
});

test('who leaves last is told so once nothing goes on any more', async () => {
  const blob = small.blob(bytes, 'x');
  const leaving = new AbortController();
  const slow = {
    ...store.blobs,
    receive: async (digest: string) => {
      const incoming = await store.blobs.receive(digest);
      const finish = () => Bun.sleep(50).then(() => incoming.finish());
      return Object.create(incoming, { finish: { value: finish } }) as Incoming;
    },
  };
  const downloads = createDownloads({ blobs: slow, limits: () => usualLimits });
  await using(async (repository) => {
    const tell = (step: DownloadStep) => void (step.step === 'verifying' && leaving.abort(new Error('left')));
    const { done } = downloads.fetch({ repository, blob, signal: leaving.signal, tell });
    await expect(done).rejects.toThrow('left');
    expect(store.blobs.has(blob.digest)).toBe(true);
  });
});

test('no more at once than is allowed', async () => {
  let [now, most] = [0, 0];
  small.fault = async (_, { pathname }) => {
    if (!pathname.includes('/blobs/')) return undefined;
    most = Math.max(most, ++now);
    await Bun.sleep(10);
    now--;
    return undefined;
  };
  const all = Array.from({ length: 6 }, (_, index) => small.blob(`blob ${index}`, 'x'));
  const told: string[][] = [];
  await using(async (repository) => {
    const downloads = create(2);
    const fetching = all.map((blob) => {
      const { steps, tell } = teller();
      told.push(steps);
      return downloads.fetch({ repository, blob, signal: never, tell }).done;
    });
    await Promise.all(fetching);
  });
  expect(most).toBe(2);
  expect(told.map(([first]) => first === 'waiting')).toEqual([false, false, true, true, true, true]);
});
