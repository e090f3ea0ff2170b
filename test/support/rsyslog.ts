import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { until } from './command.ts';

/** A real rsyslog that writes every message it gets to a file. */
export interface Rsyslog {
  start(): Promise<void>;
  /** SIGTERM: it stops in order. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** What it got, a line each. */
  lines(): string[];
}

/** `inputs` are its configuration's lines for what it listens at; `port` is one of TCP that answers once it is there. */
export function createRsyslog(
  directory: string,
  { inputs, template, port, socket }: { inputs: string; template: string; port?: number; socket?: string },
): Rsyslog {
  mkdirSync(directory, { recursive: true });
  const [config, out] = [join(directory, 'rsyslog.conf'), join(directory, 'out.log')];
  writeFileSync(
    config,
    `global(workDirectory="${directory}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
${inputs}
template(name="plain" type="string" string="${template}\\n")
action(type="omfile" file="${out}" template="plain" flushOnTXEnd="on")
`,
  );
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    async start() {
      child = spawn('rsyslogd', ['-n', '-f', config, '-i', join(directory, 'pid')], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await until('rsyslog listens', async () =>
        port === undefined ? socket !== undefined && existsSync(socket) : answers(port),
      );
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    lines: () => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : []),
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
