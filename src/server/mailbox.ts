/** Messages that wait for one reader. */
export interface Mailbox<T> {
  put(message: T): void;
  /** Wakes the reader without a message. */
  nudge(): void;
  /** The oldest message; undefined when there is none. */
  take(): T | undefined;
  /** Resolves at the next message or nudge; at once when a message waits, or a nudge came since the last call. */
  changed(): Promise<void>;
}

export function createMailbox<T>(): Mailbox<T> {
  const messages: T[] = [];
  let nudged = false;
  let wake: (() => void) | undefined;
  const nudge = () => {
    nudged = true;
    wake?.();
  };
  return {
    put(message) {
      messages.push(message);
      nudge();
    },
    nudge,
    take: () => messages.shift(),
    async changed() {
      if (messages.length === 0 && !nudged) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      nudged = false;
    },
  };
}
