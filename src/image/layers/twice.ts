/**
 * The same bytes for two readers who go side by side, neither far ahead of the other. The first one draws from the source: it must be read
 * to its end or given up. Who stops early holds the other not up; what the source throws, both hear. `leave` is to be called once nobody
 * reads the second any more, for many readers just drop what they read from.
 */
export function twice(
  source: AsyncIterable<Uint8Array>,
): [first: AsyncIterable<Uint8Array>, second: AsyncIterable<Uint8Array>, leave: () => void] {
  let next = Promise.withResolvers<Uint8Array | undefined>();
  let taken = Promise.withResolvers<void>();
  let isLeft = false;

  async function* first(): AsyncGenerator<Uint8Array> {
    let failure: unknown = new Error('the other reader gave up');
    try {
      for await (const bytes of source) {
        const isTaken = taken.promise;
        next.resolve(bytes);
        yield bytes;
        if (!isLeft) await isTaken;
      }
      failure = undefined;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      // Perhaps nobody waits for it.
      next.promise.catch(() => undefined);
      if (failure === undefined) next.resolve(undefined);
      else next.reject(failure);
    }
  }

  async function* second(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = await next.promise;
        if (bytes === undefined) return;
        yield bytes;
        const before = taken;
        next = Promise.withResolvers();
        taken = Promise.withResolvers();
        before.resolve();
      }
    } finally {
      leave();
    }
  }

  function leave(): void {
    isLeft = true;
    taken.resolve();
  }

  return [first(), second(), leave];
}
