import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { openNetlink, rtnetlink } from '../../src/host/index.ts';
import type { NetworkAttachment } from '../../src/network/index.ts';
import { must, run, slowness } from './command.ts';

const marker = 'TUG_TEST_NETNS';

/** Whether this process is the one that `inOwnNamespaces` started. */
export const isInside = process.env[marker] !== undefined;

/** Runs a test file once more, in network, mount and pid namespaces of its own, where `/run/netns` is empty and ours. */
export async function inOwnNamespaces(file: string): Promise<void> {
  const script = 'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip link set lo up && exec "$@"';
  const again = [process.execPath, 'test', '--timeout', String(60_000 * slowness), file];
  // A pid namespace too: whatever a failed test leaves running ends with it.
  const apart = [
    'unshare',
    '--net',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  const command = [...apart, 'sh', '-ec', script, 'sh', ...again];
  // What it says is seen as it goes: where it takes minutes, how far it came is worth knowing.
  const child = Bun.spawn(command, {
    env: { ...process.env, [marker]: '1' },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 100_000 * slowness,
    killSignal: 'SIGKILL',
  });
  const code = await child.exited;
  if (code !== 0) throw new Error(`${file} in its own namespaces exited ${code}`);
}

/** A network namespace below this one that stands for a container or for a machine outside. */
export interface Netns {
  name: string;
  exec(...command: string[]): Promise<string>;
  /** An HTTP server that answers with its name and the address it sees its client at. */
  serve(port: number): Promise<void>;
  /** A UDP server of the same kind. */
  serveUdp(port: number): Promise<void>;
  /** What a request says, or the code curl failed with (7 refused, 28 no answer in 0.7 s, or longer on a slow machine). */
  get(url: string): Promise<string | number>;
  remove(): Promise<void>;
}

const servers: Record<string, string> = {
  http: `const [name, port] = process.argv.slice(-2);
    Bun.serve({ hostname: '0.0.0.0', port: Number(port),
      fetch: (request, server) => new Response(name + ' ' + server.requestIP(request).address) });
    console.log('ready'); `,
  udp: `const [name, port] = process.argv.slice(-2);
    await Bun.udpSocket({ hostname: '0.0.0.0', port: Number(port),
      socket: { data: (socket, data, port, address) => { socket.send(name + ' ' + address, port, address); } } });
    console.log('ready');`,
};

const get = async (prefix: string[], url: string): Promise<string | number> => {
  const { code, stdout } = await run([...prefix, 'curl', '-s', '--max-time', String(0.7 * slowness), url]);
  return code === 0 ? stdout : code;
};

/** A request from this namespace; see Netns.get. */
export const fetchHere = (url: string): Promise<string | number> => get([], url);

export async function makeNetns(name: string): Promise<Netns> {
  await must(['ip', 'netns', 'add', name]);
  const inside = ['ip', 'netns', 'exec', name];
  const running: Bun.Subprocess[] = [];
  const start = async (kind: string, port: number): Promise<void> => {
    const command = [...inside, process.execPath, '-e', servers[kind] as string, name, String(port)];
    const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' });
    running.push(server);
    await server.stdout.getReader().read();
  };
  return {
    name,
    exec: (...command) => must([...inside, ...command]),
    serve: (port) => start('http', port),
    serveUdp: (port) => start('udp', port),
    get: (url) => get(inside, url),
    async remove() {
      for (const server of running) server.kill('SIGKILL');
      await Promise.all(running.map((server) => server.exited));
      await must(['ip', 'netns', 'del', name]);
    },
  };
}

/** Sends the messages of an attachment as a shim does: first the host's, then those from inside. */
export async function furnish(netns: Netns, { furniture }: NetworkAttachment): Promise<void> {
  const socket = openNetlink(rtnetlink.netlinkRoute);
  const namespace = openSync(`/run/netns/${netns.name}`, 'r');
  try {
    for (const { message, netnsFdOffset } of furniture?.host ?? []) {
      const copy = Buffer.from(message);
      if (netnsFdOffset !== undefined) copy.writeUInt32LE(namespace, netnsFdOffset);
      socket.send('furnish', rtnetlinkMessages(copy));
    }
  } finally {
    closeSync(namespace);
    socket.close();
  }
  const sender = join(import.meta.dirname, 'netlink-send.ts');
  const messages = (furniture?.inside ?? []).map(({ message }) => Buffer.from(message).toString('hex'));
  await netns.exec(process.execPath, sender, ...messages);
}

/** The messages of one datagram. */
export function rtnetlinkMessages(datagram: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < datagram.length; at += datagram.readUInt32LE(at)) {
    out.push(datagram.subarray(at, at + datagram.readUInt32LE(at)));
  }
  return out;
}

/** Joins `netns` to this namespace by a wire: `here` and `there` are addresses with their prefix, gateways of each other. */
export async function wire(netns: Netns, here: string, there: string): Promise<void> {
  const name = `w${netns.name}`;
  await must(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name]);
  await must(['ip', 'address', 'add', here, 'dev', name]);
  await must(['ip', 'link', 'set', name, 'up']);
  await netns.exec('ip', 'address', 'add', there, 'dev', 'eth0');
  await netns.exec('ip', 'link', 'set', 'lo', 'up');
  await netns.exec('ip', 'link', 'set', 'eth0', 'up');
  await netns.exec('ip', 'route', 'add', 'default', 'via', here.split('/')[0] as string);
}
