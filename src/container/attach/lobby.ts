import type { Process } from '../../runtime/index.ts';

/** Where clients wait that attached to a container before it runs. */
export interface Lobby {
  /** Resolves with the process of the next start once it can be attached to, or undefined when there will be none. */
  wait(id: string, gone: AbortSignal): Promise<Guest | undefined>;
  /** Lets the waiting in, and resolves when each has asked for its seat: the process must not go before. */
  open(id: string, process: Process): Promise<void>;
  /** Sends them away. */
  dismiss(id: string): void;
}

/** One who was let in; call `seated` once it may go or the guest has given up. */
export interface Guest {
  process: Process;
  seated(): void;
}

export function createLobby(): Lobby {
  const waiting = new Map<string, Set<(guest: Guest | undefined) => void>>();
  const take = (id: string) => {
    const guests = [...(waiting.get(id) ?? [])];
    waiting.delete(id);
    return guests;
  };
  return {
    wait(id, gone) {
      const { promise, resolve } = Promise.withResolvers<Guest | undefined>();
      const guests = waiting.get(id) ?? new Set();
      waiting.set(id, guests.add(resolve));
      const leave = () => {
        guests.delete(resolve);
        resolve(undefined);
      };
      if (gone.aborted) leave();
      gone.addEventListener('abort', leave, { once: true });
      return promise;
    },
    async open(id, process) {
      const seats = take(id).map((admit) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        admit({ process, seated: resolve });
        return promise;
      });
      await Promise.all(seats);
    },
    dismiss(id) {
      for (const admit of take(id)) admit(undefined);
    },
  };
}
