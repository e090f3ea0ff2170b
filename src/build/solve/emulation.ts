import { existsSync, readdirSync } from 'node:fs';
import { asEngineError, EngineError } from '../../kit/index.ts';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/index.ts';
import type { Task } from '../progress.ts';

const registered = '/proc/sys/fs/binfmt_misc';
const words = 'exec format error';

/** Does a step's work, which gets a log; where a program of another machine could not be run the failure says what is missing here. */
export async function explainingForeign<T>(
  { platform, log }: { platform: Platform; log: Task['log'] },
  work: (log: Task['log']) => Promise<T>,
): Promise<T> {
  const host = hostPlatform();
  if (platform.architecture === host.architecture) return work(log);
  let isForeign = false;
  // What comes after it may be the rest of the words.
  const heard = { 1: '', 2: '' };
  try {
    return await work((stream, bytes) => {
      const text = heard[stream] + Buffer.from(bytes).toString('latin1');
      isForeign ||= text.includes(words);
      heard[stream] = text.slice(1 - words.length);
      log(stream, bytes);
    });
  } catch (error) {
    const { kind, message } = asEngineError(error);
    if (!isForeign && !message.includes(words)) throw error;
    const why = `a RUN for ${formatPlatform(platform)} cannot be executed on this host (${formatPlatform(host)})`;
    throw new EngineError(kind, `${message}: ${why}: ${missing()}`, error);
  }
}

function missing(): string {
  const there = existsSync(registered) ? readdirSync(registered).filter((name) => name.startsWith('qemu-')) : [];
  return there.length === 0
    ? 'no emulator is registered with binfmt_misc'
    : `of the emulators that are registered with binfmt_misc (${there.join(', ')}) none runs it`;
}
