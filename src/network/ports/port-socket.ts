import { familyOf, ipBytes, syscall, trySyscall } from '../../host/index.ts';

export const addressInUse = 98;

const kinds: Record<string, [type: number, protocol: number]> = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] };
const inet6 = 10;
const closeOnExec = 0x80000;
const solSocket = 1;
const reuseAddress = 2;
const solIpv6 = 41;
const ipv6Only = 26;
const on = Buffer.from([1, 0, 0, 0]);

/**
 * A socket that holds a port of the host, or the negated errno. It is bound but never listens: where the firewall does not
 * translate, a client is refused at once instead of waiting. One of IPv6 leaves IPv4 alone.
 */
export function bindPort(protocol: string, ip: string, port: number): number {
  const [type, number] = kinds[protocol] ?? [0, 0];
  const fd = trySyscall('socket', familyOf(ip), type | closeOnExec, number);
  if (fd < 0) return fd;
  if (familyOf(ip) === inet6) trySyscall('setsockopt', fd, solIpv6, ipv6Only, on, 4);
  const address = socketAddress(ip, port);
  let result = trySyscall('bind', fd, address, address.length);
  if (result === -addressInUse && protocol === 'tcp') result = bindBesideTimeWait(fd, address);
  if (result === 0) return fd;
  trySyscall('close', fd);
  return result;
}

function socketAddress(ip: string, port: number): Buffer {
  const family = familyOf(ip);
  const address = Buffer.alloc(family === inet6 ? 28 : 16);
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(port, 2);
  address.set(ipBytes(ip), family === inet6 ? 8 : 4);
  return address;
}

/** Connections in TIME_WAIT do not hold a port. The flag goes off again, so that nobody else binds beside us by it. */
function bindBesideTimeWait(fd: number, address: Buffer): number {
  trySyscall('setsockopt', fd, solSocket, reuseAddress, on, 4);
  const result = trySyscall('bind', fd, address, address.length);
  trySyscall('setsockopt', fd, solSocket, reuseAddress, Buffer.alloc(4), 4);
  return result;
}

export function closeSockets(sockets: number[]): void {
  for (const socket of sockets) syscall('close', socket);
}
