import { syscall } from '../calls/syscall.ts';

const packetFamily = 17;
const datagramCloexec = 2 | 0x80000;
const etherArp = 0x0806;
const anyone = Buffer.alloc(6, 0xff);

/** Sends ARP announcements on links of the namespace it was opened in. The caller closes it. */
export interface ArpSocket {
  /** Tells everyone on a link at which MAC an address is from now on, as its owner would; for those who knew another one. Nothing once closed. */
  announce(link: number, ip: Buffer, mac: Buffer): void;
  close(): void;
}

export function openArp(): ArpSocket {
  let fd = syscall('socket', packetFamily, datagramCloexec, 0); // protocol 0: it receives nothing
  return {
    announce(link, ip, mac) {
      if (fd < 0) return;
      const to = Buffer.alloc(20);
      to.writeUInt16LE(packetFamily, 0);
      to.writeUInt16BE(etherArp, 2);
      to.writeInt32LE(link, 4);
      to[11] = anyone.length;
      to.set(anyone, 12);
      const ethernetIpv4Request = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]);
      const packet = Buffer.concat([ethernetIpv4Request, mac, ip, Buffer.alloc(6), ip]);
      syscall('sendto', fd, packet, packet.length, 0, to, to.length);
    },
    close() {
      if (fd >= 0) syscall('close', fd);
      fd = -1;
    },
  };
}
