import { join } from 'node:path';
import type { Check, Engine, Host, Symptom } from '../contract.ts';
import { symptom } from './symptom.ts';

/** What earlier lives of an engine may have left, by what the engine knows. */
export const leftovers: Check = (host, engine) => [
  ...staleMounts(host, engine),
  ...(engine.containers
    ? [...starts(host, engine, engine.containers), ...groups(host, engine, engine.containers)]
    : []),
  ...orphans(host, engine),
];

/** In the data root nothing is mounted but what runs: volumes with options, and drivers' trees. */
function staleMounts(host: Host, { dataRoot }: Engine): Symptom[] {
  const lines = (host.read('/proc/self/mountinfo') ?? '').split('\n');
  const places = lines.map((line) => line.split(' ')[4] ?? '').filter((place) => place.startsWith(`${dataRoot}/`));
  const stale = places.filter((place) => place.startsWith(`${dataRoot}/containers/`) || place.endsWith('//deleted'));
  return symptom(stale.length > 0, {
    id: 'stale-mounts',
    gravity: 'warning',
    text: `something is mounted among the containers' files: ${shown(stale)}`,
    mend: `umount ${stale[0]}, unless an administrator wants it there`,
  });
}

function starts(host: Host, { execRoot }: Engine, known: string[]): Symptom[] {
  const unknown = host.list(join(execRoot, 'containers')).filter((id) => !known.includes(id));
  return symptom(unknown.length > 0, {
    id: 'leftover-starts',
    gravity: 'warning',
    text: `there is state of containers that the engine does not know: ${shown(unknown)}`,
    mend: 'restart the engine: it clears them away',
  });
}

function groups(host: Host, { cgroupParent }: Engine, known: string[]): Symptom[] {
  const places = (host.read('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return /^cgroup2? /.test(after) ? [before.split(' ')[4] ?? ''] : [];
  });
  const ids = new Set(
    places.flatMap((place) => host.list(join(place, cgroupParent)).filter((name) => /^[0-9a-f]{64}$/.test(name))),
  );
  const unknown = [...ids].filter((id) => !known.includes(id));
  return symptom(unknown.length > 0, {
    id: 'leftover-cgroups',
    gravity: 'note',
    text: `there are cgroups of containers that this engine does not know (another engine's, perhaps): ${shown(unknown)}`,
    mend: `rmdir them below ${cgroupParent} once nothing runs in them`,
  });
}

/** A monitor without an engine goes on, and waits for the next one. */
function orphans(host: Host, { containers, execRoot }: Engine): Symptom[] {
  if (containers) return [];
  const waiting = host.list(join(execRoot, 'containers'));
  return symptom(waiting.length > 0, {
    id: 'no-engine',
    gravity: 'warning',
    text: `${waiting.length} container${waiting.length === 1 ? ' is' : 's are'} without an engine`,
    mend: 'start the engine: it takes them over',
  });
}

const shown = (all: string[]): string =>
  all
    .slice(0, 3)
    .map((one) => one.slice(0, 120))
    .join(', ') + (all.length > 3 ? ` and ${all.length - 3} more` : '');
