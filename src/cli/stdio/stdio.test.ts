import { expect, test } from 'bun:test';
import { DetachFilter, parseDetachKeys } from './detach-keys.ts';
import { copyFrames } from './frames.ts';
import type { Output } from './output.ts';

function recorder(): Output & { text: string } {
  const decoder = new TextDecoder();
  const self = {
    text: '',
    async write(data: string | Uint8Array) {
      self.text += typeof data === 'string' ? data : decoder.decode(data);
    },
    line: (text: string) => self.write(`${text}\n`),
    flush: () => Promise.resolve(),
    outliveReader: () => undefined,
  };
  return self;
}

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

for (const size of [1, 3, 7, 8, 9, 1000]) {
  test(`frames cut into pieces of ${size} bytes find their streams`, async () => {
    const bytes = Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, ''), frame(1, ' more')]);
    let at = 0;
    const read = async () => {
      const piece = bytes.subarray(at, at + size);
      at += size;
      return piece.length > 0 ? piece : undefined;
    };
    const [out, err] = [recorder(), recorder()];
    await copyFrames(read, { out, err });
    expect([out.text, err.text]).toEqual(['out more', 'err']);
  });
}

test('detach keys are read', () => {
  expect(parseDetachKeys('')).toEqual([16, 17]);
  expect(parseDetachKeys('a,ctrl-c,ctrl-@')).toEqual([97, 3, 0]);
  expect(() => parseDetachKeys('nosuch')).toThrow('nosuch');
});

test('detach keys end the session, their beginning alone is passed on', () => {
  const filter = new DetachFilter([16, 17]);
  const feed = (...bytes: number[]) => {
    const fed = filter.feed(Uint8Array.from(bytes));
    return { bytes: [...fed.bytes], detached: fed.detached };
  };
  expect(feed(97, 16)).toEqual({ bytes: [97], detached: false });
  expect(feed(98)).toEqual({ bytes: [16, 98], detached: false });
  expect(feed(16, 16, 17)).toEqual({ bytes: [16], detached: true });
});
