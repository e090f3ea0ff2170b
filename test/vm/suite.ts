import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Test files that this machine cannot run, with the reason; what lacks a single thing skips itself and says so. */
export const omitted: Record<string, string> = {
  'test/system/confinement-cgroup.test.ts': 'it is about the layout of the machine that runs `make test`',
  'test/system/host-firewalls.test.ts': 'it fetches other firewalls, and the machine has no network',
  'test/system/kill-seeded.test.ts': 'hours under emulation',
  'test/system/soak.test.ts': 'hours under emulation',
  'test/system/takeover.test.ts': 'it builds engines of the repository’s history, which is not brought along',
};

/** What test/peers has fetched for a test, and the script of it that does; without one it is what is there. */
interface Fetched {
  script?: string;
  directories: string[];
}

export const fetched: Record<string, Fetched> = {
  'test/system/checkpoint.test.ts': { script: 'criu.sh', directories: ['criu', 'sid'] },
  'test/system/metrics.test.ts': { script: 'promtool.sh', directories: ['promtool'] },
  'test/system/nested.test.ts': { directories: ['sid'] },
};

/** What the machine is booted for once more, with SELinux instead of AppArmor. */
export const withSelinux = ['test/vm/selinux.test.ts'];

/** What is run unless others are asked for: what differs with the kernel and the layout of cgroups. */
const usual = [
  'overlay limits runtime runtime-lives snapshot userns volumes mount-owners confinement-unified confinement cgroup-systemd life options',
  'revival trouble-limits',
]
  .flatMap((names) => names.split(' '))
  .map((name) => `test/system/${name}.test.ts`);

const matching = (...names: string[]) => `: (${names.join('|')})$`;

/** Of these the usual run takes only tests whose names match: each forks some hundred programs on both sides, which takes half a minute. */
export const inPart: Record<string, string> = {
  'test/system/confinement.test.ts': matching(
    'plain|hardened|privileged|own cgroup namespace|cgroup namespace of the host|writable cgroups|device rules',
    'read-only root, mounts of every kind|everything in a user namespace|private cgroup namespace',
    'a limit of the cgroup|a device rule|a cgroup',
  ),
};

const testsIn = (root: string, directory: string) =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith('.test.ts'))
    .toSorted()
    .map((name) => `${directory}/${name}`);

/** The files that were asked for: by their paths, `all`, of all a part (`2/5`), or without a word the usual ones. */
export function chosenFiles(root: string, words: string): string[] {
  const asked = words.split(/\s+/).filter((word) => word !== '');
  const own = testsIn(root, 'test/vm');
  if (asked.length === 0) return [...own, ...usual];
  const [, part, parts] = asked.map((word) => /^(\d+)\/(\d+)$/.exec(word)).find((found) => found !== null) ?? [];
  if (!asked.includes('all') && part === undefined) return asked;
  const all = [...own, ...testsIn(root, 'test/system').filter((file) => omitted[file] === undefined)];
  return all.filter((_, place) => parts === undefined || place % Number(parts) === Number(part) - 1);
}
