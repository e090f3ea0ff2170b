/** Many listeners of one kind of message; a listener that throws does not stop the others. */
export interface Topic<T> {
  publish(message: T): void;
  /** Returns the call that ends the subscription. */
  subscribe(listener: (message: T) => void): () => void;
}

export function createTopic<T>(onError: (error: unknown) => void): Topic<T> {
  const listeners = new Set<(message: T) => void>();
  return {
    publish(message) {
      for (const listener of listeners) {
        try {
          listener(message);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
