import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type Hasher } from '../../kit/index.ts';
import type { Blobs } from '../contract.ts';
import { openIncoming } from './incoming.ts';

/** The part of Blobs for those on their way in; their bytes gather under `dir`. */
export function createReceiving(at: {
  dir: string;
  /** The file name of a digest. */
  nameOf: (digest: string) => string;
  /** Where a whole blob goes. */
  path: (digest: string) => string;
  /** Makes the names there durable. */
  named: () => Promise<void>;
  hasher: Hasher;
}): Pick<Blobs, 'receive' | 'forget'> & { isReceiving(name: string): boolean } {
  const receiving = new Set<string>();
  return {
    isReceiving: (name) => receiving.has(name),
    async receive(digest) {
      const name = at.nameOf(digest);
      if (receiving.has(name)) throw new EngineError('internal', `blob ${digest} is being received already`);
      receiving.add(name);
      const onEnd = () => void receiving.delete(name);
      try {
        return await openIncoming({
          digest,
          partial: join(at.dir, name),
          path: at.path(digest),
          named: at.named,
          hasher: at.hasher,
          onEnd,
        });
      } catch (error) {
        onEnd();
        throw error;
      }
    },
    forget(before) {
      for (const name of readdirSync(at.dir)) {
        const file = join(at.dir, name);
        if (!receiving.has(name) && statSync(file).mtimeMs <= before.getTime()) rmSync(file, { force: true });
      }
    },
  };
}
