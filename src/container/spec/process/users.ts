import { EngineError } from '../../../kit/index.ts';

/** Reads a file of the container's root, never outside of it; undefined when it is not there. */
export type ReadInRoot = (path: string) => Uint8Array | undefined;

export interface User {
  uid: number;
  gid: number;
  additionalGids: number[];
}

interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

interface Group {
  name: string;
  gid: number;
  members: string[];
}

const largestId = 0x7fffffff;

// Like its model in the C library's and Go's readers, a field that is no number counts as 0.
const number = (field = ''): number => (/^[+-]?\d+$/.test(field) ? Number(field) : 0);

function lines(readInRoot: ReadInRoot, path: string): string[][] {
  const bytes = readInRoot(path);
  const rows = bytes ? Buffer.from(bytes).toString().split('\n') : [];
  return rows
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split(':'));
}

function accounts(readInRoot: ReadInRoot): Account[] {
  return lines(readInRoot, '/etc/passwd').map(([name = '', , uid, gid, , home = '']) => ({
    name,
    uid: number(uid),
    gid: number(gid),
    home,
  }));
}

function groups(readInRoot: ReadInRoot): Group[] {
  return lines(readInRoot, '/etc/group').map(([name = '', , gid, members = '']) => ({
    name,
    gid: number(gid),
    members: members.split(',').filter((member) => member !== ''),
  }));
}

const fail = (message: string): EngineError => new EngineError('internal', message);

function checked(id: number): number {
  if (id < 0 || id > largestId) throw fail(`uids and gids must be in range 0-${largestId}`);
  return id;
}

const isNumeric = (text: string): boolean => /^[+-]?\d+$/.test(text);

/** `''`, `name`, `uid`, `name:group` … by the container's own /etc/passwd and /etc/group, in Docker's words if unknown. */
export function lookupUser(spec: string, readInRoot: ReadInRoot): User {
  const [who = '', group = ''] = spec.split(':');
  const account = accounts(readInRoot).find((entry) => {
    if (who === '') return entry.uid === 0;
    return isNumeric(who) ? entry.uid === Number(who) : entry.name === who;
  });
  if (!account && who !== '' && !isNumeric(who)) {
    throw fail(`unable to find user ${who}: no matching entries in passwd file`);
  }
  const uid = account?.uid ?? checked(number(who));
  if (group !== '') {
    const gid = lookupGroup(group, readInRoot);
    return { uid, gid, additionalGids: [gid] };
  }
  const gid = account?.gid ?? 0;
  const memberOf = account ? groups(readInRoot).filter((entry) => entry.members.includes(account.name)) : [];
  return { uid, gid, additionalGids: [gid, ...memberOf.map((entry) => entry.gid)] };
}

function lookupGroup(group: string, readInRoot: ReadInRoot): number {
  const entry = groups(readInRoot).find((entry) =>
    isNumeric(group) ? entry.gid === Number(group) : entry.name === group,
  );
  if (entry) return entry.gid;
  if (!isNumeric(group)) throw fail(`unable to find group ${group}: no matching entries in group file`);
  return checked(Number(group));
}

/** The ids of `--group-add`. */
export function lookupGroups(names: string[], readInRoot: ReadInRoot): number[] {
  const known = groups(readInRoot);
  const ids = names.map((name) => {
    const entry = known.find((entry) => entry.name === name || String(entry.gid) === name);
    if (entry) return entry.gid;
    if (!isNumeric(name)) throw fail(`unable to find group ${name}: no matching entries in group file`);
    return checked(Number(name));
  });
  return [...new Set(ids)];
}

/** The home directory of an id, `/` when the container knows none. */
export function homeOf(uid: number, readInRoot: ReadInRoot): string {
  return accounts(readInRoot).find((entry) => entry.uid === uid)?.home || '/';
}
