import { syscall, trySyscall } from '../host/index.ts';

export const addressInUse = 98;

const kinds: Record<string, [type: number, protocol: number]> = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] };
const inet = 2;
const closeOnExec = 0x80000;
const solSocket = 1;
const reuseAddress = 2;

/**
 * A socket that holds a port of the host, or the negated errno. It is bound but never listens: where the firewall does not
 * translate, a client is refused at once instead of waiting.
 */
export function bindPort(protocol: string, ip: string, port: number): number {
  const [type, number] = kinds[protocol] ?? [0, 0];
  const fd = trySyscall('socket', inet, type | closeOnExec, number);
  if (fd < 0) return fd;
  const address = Buffer.alloc(16);
  address.writeUInt16LE(inet, 0);
  address.writeUInt16BE(port, 2);
  address.set(ip.split('.').map(Number), 4);
  let result = trySyscall('bind', fd, address, 16);
  if (result === -addressInUse && protocol === 'tcp') result = bindBesideTimeWait(fd, address);
  if (result === 0) return fd;
  trySyscall('close', fd);
  return result;
}

/** Connections in TIME_WAIT do not hold a port. The flag goes off again, so that nobody else binds beside us by it. */
function bindBesideTimeWait(fd: number, address: Buffer): number {
  trySyscall('setsockopt', fd, solSocket, reuseAddress, Buffer.from([1, 0, 0, 0]), 4);
  const result = trySyscall('bind', fd, address, 16);
  trySyscall('setsockopt', fd, solSocket, reuseAddress, Buffer.alloc(4), 4);
  return result;
}

export function closeSockets(sockets: number[]): void {
  for (const socket of sockets) syscall('close', socket);
}
