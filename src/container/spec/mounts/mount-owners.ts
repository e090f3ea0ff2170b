import type { Mount } from '../../../api/index.ts';
import type { User } from '../process/users.ts';

/** A mount as a request names it; the last two are the engine's own. */
export interface OwnedMount extends Mount {
  /** Whose files are seen as whose: `auto`, or ranges `HOST:CONTAINER[:COUNT]` joined by `+`, `u` or `g` before one for uids or gids alone. */
  IDMap?: string;
  /** Whose the files become at each start: `auto`, or `UID[:GID]`. */
  Chown?: string;
}

/** Files of the host's `host` and the next ids are seen as the container's `container` and the next, and the other way round. */
export interface Swap {
  host: number;
  container: number;
  count: number;
}

export interface OwnerMap {
  uids: Swap[];
  gids: Swap[];
}

const largest = 2 ** 32 - 2;

/** Reads `IDMap`; undefined where it is none, also where two ranges of one kind overlap, or a range's two sides. */
export function parseOwnerMap(text: string): OwnerMap | undefined {
  const map: OwnerMap = { uids: [], gids: [] };
  for (const range of text.split('+')) {
    const [, kind, host, container, size = '1'] = /^([ug]?)(\d{1,10}):(\d{1,10})(?::(\d{1,10}))?$/.exec(range) ?? [];
    const swap = { host: Number(host), container: Number(container), count: Number(size) };
    if (kind === undefined || swap.count < 1) return undefined;
    if (Math.max(swap.host, swap.container) + swap.count - 1 > largest) return undefined;
    if (kind !== 'g') map.uids.push(swap);
    if (kind !== 'u') map.gids.push(swap);
  }
  return [map.uids, map.gids].every(areApart) ? map : undefined;
}

function areApart(swaps: Swap[]): boolean {
  const sides = swaps
    .flatMap(({ host, container, count }) =>
      host === container
        ? [[host, count]]
        : [
            [host, count],
            [container, count],
          ],
    )
    .toSorted(([one = 0], [other = 0]) => one - other);
  return sides.every(([start = 0, count = 0], index) => start + count <= (sides[index + 1]?.[0] ?? largest + 1));
}

/** What `auto` means: the source's owner and group are seen as the container's user and its group. */
export function ownerMapBetween(host: { uid: number; gid: number }, user: Pick<User, 'uid' | 'gid'>): OwnerMap {
  return {
    uids: [{ host: host.uid, container: user.uid, count: 1 }],
    gids: [{ host: host.gid, container: user.gid, count: 1 }],
  };
}

/** Reads `Chown`; undefined where it is none. Without a group it stays as it is. */
export function parseOwner(text: string): { uid: number; gid: number | undefined } | undefined {
  const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? [];
  if (uid === undefined || Math.max(Number(uid), Number(gid ?? 0)) > largest) return undefined;
  return { uid: Number(uid), gid: gid === undefined ? undefined : Number(gid) };
}

/**
 * The mapping in ranges of a user namespace: `inside` is what the disk has, `outside` what is seen. What no swap names stays what it
 * is, or, with `seenAs` (the ids of a container of its own), is nobody's.
 */
export function rangesOf(
  swaps: Swap[],
  seenAs?: (id: number) => number | undefined,
): { inside: number; outside: number; count: number }[] {
  if (seenAs) {
    return swaps.flatMap(({ host, container, count }) => {
      const outside = seenAs(container);
      // A range of the container need not be one of the host.
      const whole = outside !== undefined && seenAs(container + count - 1) === outside + count - 1;
      return whole ? [{ inside: host, outside, count }] : [];
    });
  }
  const exchanged = swaps
    .flatMap(({ host, container, count }) =>
      host === container
        ? []
        : [
            { inside: host, outside: container, count },
            { inside: container, outside: host, count },
          ],
    )
    .toSorted((one, other) => one.inside - other.inside);
  const ranges: { inside: number; outside: number; count: number }[] = [];
  let next = 0;
  for (const range of [...exchanged, { inside: largest + 1, outside: 0, count: 0 }]) {
    if (range.inside > next) ranges.push({ inside: next, outside: next, count: range.inside - next });
    if (range.count > 0) ranges.push(range);
    next = range.inside + range.count;
  }
  return ranges;
}
