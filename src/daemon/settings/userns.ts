import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { IdMapping } from '../../snapshot/index.ts';
import { refuse } from '../options/words.ts';

/** Where users and their ranges are told. */
export interface UserFiles {
  passwd: string;
  group: string;
  subuid: string;
  subgid: string;
}

const system: UserFiles = { passwd: '/etc/passwd', group: '/etc/group', subuid: '/etc/subuid', subgid: '/etc/subgid' };

/** Whom `default` means; made where it is not there. */
const usual = 'dockremap';

/**
 * `userns-remap`: `default`, a user, or `user:group`, each by name or number. The ids of containers are the ranges that /etc/subuid and
 * /etc/subgid give them, one after another; undefined for root, who stands for himself. Refusals in Docker's words.
 */
export function remapOf(
  asked: string,
  { make, files = system }: { make: boolean; files?: UserFiles },
): IdMapping | undefined {
  const parts = asked.split(':');
  const [who = '', which] = parts;
  if (parts.length > 2) {
    throw refuse(`invalid user/group specification in --userns-remap: ${JSON.stringify(asked)}`);
  }
  if (who === 'default' && !isKnown(usual, files)) {
    if (!make) return undefined;
    makeUsual(files);
  }
  const user = userNamed(who, files);
  const group = groupNamed(which ?? (isNumber(who) ? who : user), files);
  if (user === 'root') return undefined;
  return {
    uids: rangesOf(user, files.subuid, 'subuid'),
    gids: rangesOf(group, files.subgid, 'subgid'),
  };
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

function userNamed(who: string, files: UserFiles): string {
  if (isNumber(who)) {
    const byId = rows(files.passwd).find(([, , uid]) => uid === who)?.[0];
    if (byId === undefined) throw refuse(`uid ${who} has no entry in /etc/passwd: no such user`);
    return byId;
  }
  const name = who === 'default' ? usual : who;
  if (!isKnown(name, files)) throw refuse(`error during uid lookup for ${JSON.stringify(name)}: no such user`);
  return name;
}

const isKnown = (user: string, files: UserFiles): boolean => rows(files.passwd).some(([one]) => one === user);

function groupNamed(which: string, files: UserFiles): string {
  const groups = rows(files.group);
  if (isNumber(which)) {
    const byId = groups.find(([, , gid]) => gid === which)?.[0];
    if (byId === undefined) throw refuse(`gid ${which} has no entry in /etc/group: no such group`);
    return byId;
  }
  if (groups.some(([one]) => one === which)) return which;
  throw refuse(`error during gid lookup for ${JSON.stringify(which)}: no such group`);
}

function rangesOf(name: string, path: string, what: string): IdMapping['uids'] {
  let next = 0;
  const own = rows(path).filter(([one]) => one === name);
  const ranges = own.map(([, first, count]) => {
    const range = { containerID: next, hostID: Number(first), size: Number(count) };
    next += range.size;
    return range;
  });
  const broken = ranges.some(
    ({ hostID, size }) => !Number.isSafeInteger(hostID) || !Number.isSafeInteger(size) || size < 1,
  );
  if (broken) throw refuse(`cannot parse ${what} ranges of user ${JSON.stringify(name)}`);
  if (ranges.length === 0) throw refuse(`no ${what} ranges found for user ${JSON.stringify(name)}`);
  return ranges;
}

function rows(path: string): string[][] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'));
}

/** A user for nothing but this, with the next free range. */
function makeUsual({ subuid, subgid }: UserFiles): void {
  try {
    run('useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', usual);
    const missing = [subuid, subgid].filter((path) => !rows(path).some(([one]) => one === usual));
    for (const path of missing) {
      const first = nextFree(path);
      run('usermod', path === subuid ? '--add-subuids' : '--add-subgids', `${first}-${first + 65_535}`, usual);
    }
  } catch (error) {
    throw refuse(`error during ${JSON.stringify(usual)} user creation: ${(error as Error).message}`);
  }
}

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' });

/** After the last range of anybody. */
function nextFree(path: string): number {
  return Math.max(100_000, ...rows(path).map(([, first, count]) => Number(first) + Number(count)));
}
