// What Docker puts between an image and each of its containers, so that places for mounts are nobody's change.
export const directories = ['dev', 'dev/pts', 'dev/shm', 'etc', 'proc', 'sys'];
export const files = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];
export const symlinks = [['etc/mtab', '/proc/mounts']] as const;
