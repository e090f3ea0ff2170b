import { sendDatagram } from '../host/index.ts';
import { type Log, messageOf } from '../kit/index.ts';
import { refuse } from './options/words.ts';

/** What systemd, or whoever started the engine, told it of itself. */
export interface Starter {
  /** Tells how it stands with the engine, where somebody listens. */
  notify(state: 'READY=1' | 'STOPPING=1' | 'RELOADING=1', log: Log): void;
  /** The listening sockets that came along: all of them (an empty name, or `*`), or those of a name or number. */
  sockets(name: string): number[];
}

const firstFd = 3;

/**
 * Reads it from the environment and takes it out there: it is meant for this process, and no program that the engine starts (an OCI
 * runtime, say) may take it for its own.
 */
export function readStarter(environment: NodeJS.ProcessEnv): Starter {
  const { NOTIFY_SOCKET, LISTEN_PID, LISTEN_FDS = '0', LISTEN_FDNAMES = '' } = environment;
  for (const name of ['NOTIFY_SOCKET', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name];
  const count = LISTEN_PID === String(process.pid) && /^\d+$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  const all = Array.from({ length: count }, (_, index) => firstFd + index);
  const names = LISTEN_FDNAMES.split(':');
  return {
    notify(state, log) {
      if (!NOTIFY_SOCKET) return;
      // systemd takes a reload for over when it hears READY again after this time.
      const words = state === 'RELOADING=1' ? `${state}\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}` : state;
      try {
        sendDatagram(NOTIFY_SOCKET, Buffer.from(words));
      } catch (error) {
        log.warn('systemd could not be told', { state, error: messageOf(error) });
      }
    },
    sockets(name) {
      if (all.length === 0) {
        throw refuse(
          'failed to load listeners: no sockets found via socket activation: make sure the service was started by systemd',
        );
      }
      const found =
        name === '' || name === '*' ? all : all.filter((fd, at) => String(fd) === name || names[at] === name);
      if (found.length === 0) throw refuse(`failed to load listeners: no such socket: fd://${name}`);
      return found;
    },
  };
}
