import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remapOf } from './settings/userns.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-userns-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, ...lines: string[]): string => {
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};
const files = {
  passwd: file('passwd', 'root:x:0:0::/root:/bin/sh', 'ann:x:1000:1000::/:', 'bob:x:1001:2000::/:', 'broken:x:5:5::/:'),
  group: file('group', 'root:x:0:', 'ann:x:1000:', 'staff:x:2000:', 'broken:x:5:'),
  subuid: file('subuid', '# ranges', 'ann:100000:65536', 'bob:1:1', 'ann:300000:10', 'broken:x:1'),
  subgid: file('subgid', 'ann:200000:65536', 'staff:400000:100', 'broken:1:1'),
};
const remap = (asked: string) => remapOf(asked, { make: false, files });

test('ranges of a user and a group, by name or number, one after another', () => {
  const uids = [
    { containerID: 0, hostID: 100_000, size: 65_536 },
    { containerID: 65_536, hostID: 300_000, size: 10 },
  ];
  const own = { uids, gids: [{ containerID: 0, hostID: 200_000, size: 65_536 }] };
  const staff = { uids, gids: [{ containerID: 0, hostID: 400_000, size: 100 }] };
  expect([remap('ann'), remap('1000'), remap('ann:1000')]).toEqual([own, own, own]);
  expect([remap('ann:staff'), remap('1000:2000')]).toEqual([staff, staff]);
  expect(remap('root')).toBeUndefined();
});

test.each([
  ['a:b:c', 'invalid user/group specification in --userns-remap: "a:b:c"'],
  ['nosuch', 'error during uid lookup for "nosuch": no such user'],
  ['77', 'uid 77 has no entry in /etc/passwd: no such user'],
  ['ann:nosuch', 'error during gid lookup for "nosuch": no such group'],
  ['ann:77', 'gid 77 has no entry in /etc/group: no such group'],
  ['bob', 'error during gid lookup for "bob": no such group'],
  ['bob:root', 'no subgid ranges found for user "root"'],
  ['broken', 'cannot parse subuid ranges of user "broken"'],
])('%s is refused', (asked, words) => {
  expect(() => remap(asked)).toThrow(words);
});
