// One end of the packets that a test sends: `bun echo.ts serve NAME PORT…` answers by TCP and UDP, IPv4 and IPv6, with its name and the
// address it sees; `bun echo.ts ask [[protocol, address, port], …]` prints what each place answers, null where nothing does.
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6 } from 'node:net';

const patience = Number(process.env.TUG_PATIENCE ?? 600) * Number(process.env.TUG_SLOWNESS ?? 1);
const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');

async function serve(name: string, port: number): Promise<void> {
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${name} ${plain(socket.remoteAddress)}`);
  });
  await new Promise<void>((done) => tcp.listen({ port, host: '::' }, done));
  const udp = createSocket({ type: 'udp6' });
  udp.on('error', () => undefined); // who asked has gone
  udp.on('message', (_bytes, from) => udp.send(`${name} ${plain(from.address)}`, from.port, from.address));
  await new Promise<void>((done) => udp.bind({ port, address: '::' }, done));
}

function ask([protocol, address, port]: [string, string, number]): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(resolve, patience, null);
  const heard = (bytes: Buffer): void => resolve(bytes.toString());
  if (protocol === 'tcp') {
    const socket = connect({ host: address, port });
    socket.on('data', heard).on('error', () => resolve(null));
    return promise.finally(() => {
      clearTimeout(timer);
      socket.destroy();
    });
  }
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', heard).on('error', () => resolve(null));
  const send = () => socket.send('x', port, address, (error) => error && resolve(null));
  // A server that is busy with others drops what it has no room for.
  const again = setInterval(send, patience / 3);
  send();
  return promise.finally(() => {
    clearInterval(again);
    clearTimeout(timer);
    socket.close();
  });
}

const [mode, first = '', ...rest] = process.argv.slice(2);
if (mode === 'serve') {
  for (const port of rest) await serve(first, Number(port));
  console.log('ready');
} else {
  const answers = await Promise.all((JSON.parse(first) as [string, string, number][]).map(ask));
  console.log(JSON.stringify(answers));
  process.exit(0);
}
