import type { ContainerWaitResponse } from '../../../api/index.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Those who wait for a container to end or to go. */
export interface Waiters {
  add(id: string, condition: WaitCondition, signal: AbortSignal): Promise<ContainerWaitResponse>;
  ended(id: string, response: ContainerWaitResponse): void;
  /** Answers everyone: what has gone will not end either. */
  removed(id: string, response: ContainerWaitResponse): void;
}

interface Waiter {
  condition: WaitCondition;
  answer(response: ContainerWaitResponse): void;
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<Waiter>>();
  const settle = (id: string, response: ContainerWaitResponse, concerns: (waiter: Waiter) => boolean) => {
    for (const waiter of waiting.get(id) ?? []) if (concerns(waiter)) waiter.answer(response);
  };
  return {
    add(id, condition, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<ContainerWaitResponse>();
      const mine = waiting.get(id) ?? new Set();
      waiting.set(id, mine);
      const leave = () => {
        mine.delete(waiter);
        if (mine.size === 0 && waiting.get(id) === mine) waiting.delete(id);
        signal.removeEventListener('abort', abandon);
      };
      const abandon = () => {
        leave();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        condition,
        answer(response) {
          leave();
          resolve(response);
        },
      };
      mine.add(waiter);
      signal.addEventListener('abort', abandon);
      // Whoever gave up may have stopped listening before the rejection comes.
      promise.catch(() => undefined);
      return promise;
    },
    ended: (id, response) => settle(id, response, (waiter) => waiter.condition !== 'removed'),
    removed: (id, response) => settle(id, response, () => true),
  };
}
