import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline, Readable } from 'node:stream';
import { EngineError } from '../../kit/index.ts';

/** What a program that reads and writes its standard streams makes of bytes; it ends with whoever reads. Its refusal is `invalid`. */
export async function* byProgram(
  command: [string, ...string[]],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  const ended = once(child, 'close') as Promise<[code: number | null]>;
  ended.catch(() => undefined);
  let failure: unknown;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-1000);
  });
  pipeline(Readable.from(source, { objectMode: false }), child.stdin, (error) => {
    // A program that has read enough, or has refused, does not read on.
    if (error && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as { code?: string }).code ?? '')) {
      failure = error;
      child.kill('SIGKILL');
    }
  });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const [code] = await ended;
    if (failure) throw failure;
    if (code !== 0) throw new EngineError('invalid', said.trim().split('\n')[0] || `${program} ended with ${code}`);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    const words = `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
    throw new EngineError('unsupported', words, error);
  } finally {
    child.kill('SIGKILL');
  }
}
