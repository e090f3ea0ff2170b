import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** What the host lets one program, or all of them, have. */
export const limits: Check = (host) => {
  const files = Number(
    /^Max open files\s+(\d+)/m.exec(host.read('/proc/self/limits') ?? '')?.[1] ?? Number.POSITIVE_INFINITY,
  );
  const [used = 0, , most = 0] = (host.read('/proc/sys/fs/file-nr') ?? '').trim().split(/\s+/).map(Number);
  return [
    ...symptom(
      files < 8192,
      'open-files',
      files < 1024 ? 'error' : 'warning',
      `the engine may open ${files} files, which is enough for some ${Math.floor(files / 8)} containers`,
      'LimitNOFILE=infinity in its systemd unit, or ulimit -n',
    ),
    ...symptom(
      most > 0 && used > most * 0.9,
      'file-max',
      'warning',
      `${used} of ${most} files that the machine may have open are open`,
      `sysctl -w fs.file-max=${most * 4}`,
    ),
    ...small(host, 'kernel/pid_max', 32_768, 'pid-max', 'processes and threads'),
    ...small(
      host,
      'fs/inotify/max_user_instances',
      128,
      'inotify',
      'watchers of files (inotify instances) for each user',
    ),
    ...small(host, 'vm/max_map_count', 65_530, 'map-count', 'mappings for each process'),
    ...small(host, 'kernel/keys/maxkeys', 200, 'keys', "keys for each user (containers' key rings)"),
  ];
};

function small(host: Host, name: string, least: number, id: string, what: string): Symptom[] {
  const value = Number(host.read(`/proc/sys/${name}`)?.trim() ?? Number.NaN);
  const option = name.replaceAll('/', '.');
  return symptom(
    value < least,
    id,
    'warning',
    `there may be only ${value} ${what}`,
    `sysctl -w ${option}=${least * 4}`,
  );
}
