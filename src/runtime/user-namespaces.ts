import { closeFd, type IdMaps, newUserNamespace, type UserNamespace } from '../host/index.ts';

/** User namespaces without a process in them. */
export interface UserNamespaces {
  /** One with those maps, kept until others are wanted more. */
  of(maps: IdMaps): number;
  /** A new one and a network namespace of its own; the caller closes both. */
  fresh(maps: IdMaps): UserNamespace;
  close(): void;
}

const most = 16;

/** `program` is the shim, as a fd to be executed. */
export function createUserNamespaces(program: number): UserNamespaces {
  const kept = new Map<string, number>();
  return {
    of(maps) {
      const key = `${maps.uids}/${maps.gids}`;
      let user = kept.get(key);
      kept.delete(key);
      if (user === undefined) {
        const made = newUserNamespace(program, maps);
        closeFd(made.network);
        user = made.user;
      }
      kept.set(key, user);
      for (const [oldest, fd] of kept) {
        if (kept.size <= most) break;
        kept.delete(oldest);
        closeFd(fd);
      }
      return user;
    },
    fresh: (maps) => newUserNamespace(program, maps),
    close() {
      for (const fd of kept.values()) closeFd(fd);
      kept.clear();
    },
  };
}
