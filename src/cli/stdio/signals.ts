import type { Client } from '../../client/index.ts';
import type { Output } from './output.ts';

const forwarded = 'HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP TTIN TTOU WINCH'
  .split(' ')
  .map((name) => `SIG${name}` as NodeJS.Signals);

/**
 * Passes the signals this program receives on to a container's process, until the returned call. SIGPIPE is then one that
 * is caught, as in Docker: a reader that goes away leaves the container alone and fails what is written.
 */
export function forwardSignals({ client, out }: { client: Client; out: Output }, container: string): () => void {
  out.outliveReader();
  const handlers = forwarded.map((name) => {
    const handler = () => {
      // A container that is gone needs no signal; its exit code is on its way.
      client
        .send({ method: 'POST', path: `/containers/${container}/kill`, query: { signal: name.slice(3) } })
        .catch(() => undefined);
    };
    process.on(name, handler);
    return { name, handler };
  });
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
  };
}
