/** Texts that wait for one reader. */
export interface Mailbox {
  put(text: string): void;
  /** Wakes the reader without a text. */
  nudge(): void;
  /** All that waits, in order and as one; empty when nothing does. */
  take(): string;
  /** Resolves at the next text or nudge; at once when one waits, or a nudge came since the last call. */
  changed(): Promise<void>;
  /** Resolves when more waited than the mailbox holds. Nothing is kept from then on. */
  readonly overflown: Promise<void>;
}

/** `most` is how many characters may wait. */
export function createMailbox(most: number): Mailbox {
  const overflow = Promise.withResolvers<void>();
  let texts: string[] = [];
  let size = 0;
  let full = false;
  let nudged = false;
  let wake: (() => void) | undefined;
  const nudge = () => {
    nudged = true;
    wake?.();
  };
  return {
    put(text) {
      size += text.length;
      full ||= size > most;
      if (full) {
        texts = [];
        overflow.resolve();
      } else texts.push(text);
      nudge();
    },
    nudge,
    take() {
      const taken = texts.join('');
      texts = [];
      size = 0;
      return taken;
    },
    async changed() {
      if (texts.length === 0 && !nudged) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      nudged = false;
    },
    overflown: overflow.promise,
  };
}
