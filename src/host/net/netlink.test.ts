import { expect, test } from 'bun:test';
import { SystemError } from '../calls/errno.ts';
import { attributeList, attributes, be32, message, nest, text, textOf, u32 } from './netlink.ts';
import { openNetlink } from './netlink-socket.ts';
import { links, newVeth } from './rtnetlink.ts';

test('attributes come out as they went in', () => {
  const bytes = Buffer.concat([text(3, 'eth0'), u32(4, 1500), nest(18, text(1, 'veth'), be32(2, -300))]);
  expect(bytes.length % 4).toBe(0);
  const found = attributes(bytes);
  expect(textOf(found.get(3))).toBe('eth0');
  expect(found.get(4)?.readUInt32LE(0)).toBe(1500);
  const inner = attributeList(found.get(18) as Buffer);
  expect(inner.map(({ type }) => type)).toEqual([1, 2]);
  expect(inner[1]?.value.readInt32BE(0)).toBe(-300);
});

test('a cut-off attribute ends the list', () => {
  const bytes = Buffer.concat([u32(1, 7), Buffer.from([2, 0, 9, 0])]);
  expect(attributeList(bytes).map(({ type }) => type)).toEqual([1]);
});

test('the kernel’s links are read, and a refusal has its errno', () => {
  const socket = openNetlink(0);
  const loopback = links(socket).find(({ name }) => name === 'lo');
  expect(loopback?.index).toBe(1);
  expect(socket.hasLink(1)).toBe(true);
  expect(socket.hasLink(0x7fff_fff0)).toBe(false);
  const header = Buffer.alloc(16);
  header.writeInt32LE(0x7fff_fff0, 4);
  const remove = message(17, 4, header);
  expect(() => socket.send('remove nothing', [remove])).toThrow(SystemError);
  expect(() => socket.send('remove nothing', [remove])).toThrow('netlink remove nothing: no such device (ENODEV)');
  expect(socket.hasLink(1)).toBe(true);
  socket.close();
});

test('the place of the namespace’s fd in a veth’s message is its last word', () => {
  const { message, netnsFdOffset } = newVeth({
    name: 'veth1',
    index: 100,
    bridge: 2,
    mtu: 1500,
    peer: { name: 'eth0', index: 16, mac: '02:00:00:00:00:01' },
  });
  const bytes = Buffer.from(message);
  expect(bytes.readUInt32LE(0)).toBe(bytes.length);
  expect(netnsFdOffset).toBe(bytes.length - 4);
  expect(bytes.readUInt16LE(netnsFdOffset - 2)).toBe(28);
});
