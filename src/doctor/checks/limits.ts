import type { Check, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** What the host lets one program, or all of them, have. */
export const limits: Check = (host) => {
  const files = Number(
    /^Max open files\s+(\d+)/m.exec(host.read('/proc/self/limits') ?? '')?.[1] ?? Number.POSITIVE_INFINITY,
  );
  const [used = 0, , most = 0] = (host.read('/proc/sys/fs/file-nr') ?? '').trim().split(/\s+/).map(Number);
  return [
    ...symptom(files < 8192, {
      id: 'open-files',
      gravity: files < 1024 ? 'error' : 'warning',
      text: `the engine may open ${files} files, which is enough for some ${Math.floor(files / 8)} containers`,
      mend: 'LimitNOFILE=infinity in its systemd unit, or ulimit -n',
    }),
    ...symptom(most > 0 && used > most * 0.9, {
      id: 'file-max',
      gravity: 'warning',
      text: `${used} of ${most} files that the machine may have open are open`,
      mend: `sysctl -w fs.file-max=${most * 4}`,
    }),
    ...small(host, { name: 'kernel/pid_max', least: 32_768, id: 'pid-max', what: 'processes and threads' }),
    ...small(host, {
      name: 'fs/inotify/max_user_instances',
      least: 128,
      id: 'inotify',
      what: 'watchers of files (inotify instances) for each user',
    }),
    ...small(host, { name: 'vm/max_map_count', least: 65_530, id: 'map-count', what: 'mappings for each process' }),
    ...small(host, {
      name: 'kernel/keys/maxkeys',
      least: 200,
      id: 'keys',
      what: "keys for each user (containers' key rings)",
    }),
  ];
};

interface Setting {
  name: string;
  least: number;
  id: string;
  what: string;
}

function small(host: Host, { name, least, id, what }: Setting): Symptom[] {
  const value = Number(host.read(`/proc/sys/${name}`)?.trim() ?? Number.NaN);
  const option = name.replaceAll('/', '.');
  return symptom(value < least, {
    id,
    gravity: 'warning',
    text: `there may be only ${value} ${what}`,
    mend: `sysctl -w ${option}=${least * 4}`,
  });
}
