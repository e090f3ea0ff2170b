import { expect, test } from 'bun:test';
import { readTar, type TarEntry } from './read-tar.ts';
import { encodeTarHead, type TarHead, tarEnd, tarPadding } from './write-tar.ts';

const plain: TarHead = {
  name: 'file',
  type: '0',
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 0,
  modified: { seconds: 1_700_000_000, nanoseconds: 0 },
  linkName: '',
  device: [0, 0],
};
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

const heads: TarHead[] = [
  plain,
  { ...plain, name: 'dir/', type: '5', mode: 0o1777 },
  { ...plain, name: `${'d'.repeat(90)}/${'f'.repeat(99)}` },
  { ...plain, name: `${'d/'.repeat(400)}end` },
  { ...plain, name: utf8('Größe'), uid: 3_000_000_000, gid: 4_000_000_000 },
  { ...plain, name: 'soft', type: '2', linkName: 'l'.repeat(300) },
  { ...plain, name: 'null', type: '3', device: [1, 3] },
  { ...plain, name: 'times', modified: { seconds: 12, nanoseconds: 340 } },
  { ...plain, name: 'past', modified: { seconds: -1, nanoseconds: 500_000_000 } },
  { ...plain, name: 'before', modified: { seconds: -3, nanoseconds: 0 } },
  { ...plain, name: 'attributes', xattrs: new Map([['user.a', Uint8Array.of(0, 61, 10, 255)]]) },
  { ...plain, name: 'data', size: 5 },
];

function archive(): Buffer {
  return Buffer.concat([
    ...heads.flatMap((head) => [
      encodeTarHead(head),
      Buffer.alloc(head.size, 'x'),
      Buffer.alloc(tarPadding(head.size)),
    ]),
    tarEnd,
  ]);
}

async function* source() {
  yield archive();
}

test('what is written is what is read', async () => {
  const read: TarEntry[] = [];
  for await (const entry of readTar(source())) read.push(entry);
  expect(read).toHaveLength(heads.length);
  heads.forEach((head, at) => {
    const { name, mode, uid, gid, size, modified, linkName, device } = head;
    expect(read[at]).toMatchObject({ name, mode, uid, gid, size, modified, linkName, device });
    expect([...(read[at]?.xattrs ?? [])]).toEqual(
      [...(head.xattrs ?? [])].map(([key, value]) => [key, Buffer.from(value)]),
    );
  });
});

test('a size beyond ustar is told', async () => {
  const bytes = encodeTarHead({ ...plain, size: 0o100000000000 });
  expect(bytes.length).toBe(1536);
  expect(Buffer.from(bytes).toString('latin1')).toContain(' size=8589934592\n');
});

test('GNU tar reads it too', () => {
  const listed = Bun.spawnSync(['tar', '-tv', '--numeric-owner', '--quoting-style=literal'], { stdin: archive() });
  expect(listed.stderr.toString()).not.toMatch(/rror|orrupt/);
  expect(listed.stdout.toString().trim().split('\n')).toHaveLength(heads.length);
  expect(listed.stdout.toString()).toContain('3000000000/4000000000');
});
