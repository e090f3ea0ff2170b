import { type Dirent, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';

/** What the engine may leave on a machine, each thing as one line of text. */
export type Traces = Set<string>;

/**
 * Everything on this machine that an engine could have left: mounts, network links and namespaces, cgroups, nft tables
 * and rules in the host's own, processes. Compare two of them with `leaked`.
 */
export async function traces(): Promise<Traces> {
  return new Set([
    ...mounts(),
    ...readdirSync('/sys/class/net').map((name) => `link ${name}`),
    ...cgroups('/sys/fs/cgroup', 4),
    ...namespaces(),
    ...processes(),
    ...(await tables()),
    ...(await forwardRules()),
  ]);
}

/** What is there after that was not there before. */
export function leaked(before: Traces, after: Traces): string[] {
  return [...after].filter((trace) => !before.has(trace)).toSorted();
}

function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => `mount ${line.split(' ').slice(3, 5).join(' ')}`);
}

/** Those of a real Docker are in `docker`, which it never removes. */
function cgroups(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  return tryList(directory)
    .filter((entry) => entry.isDirectory() && entry.name !== 'docker')
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return [`cgroup ${path}`, ...cgroups(path, depth - 1)];
    });
}

/** Network and mount namespaces that some process lives in. */
function namespaces(): string[] {
  return pids().flatMap((pid) => ['net', 'mnt'].map((kind) => `namespace ${tryLink(`/proc/${pid}/ns/${kind}`)}`));
}

function processes(): string[] {
  return pids()
    .map((pid) => ({ pid, command: tryRead(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }))
    .filter(({ command }) => /tug-shim|tug daemon|cli\.ts daemon/.test(command))
    .map(({ pid, command }) => `process ${pid} ${command}`);
}

async function tables(): Promise<string[]> {
  const { stdout } = await run(['nft', 'list', 'tables']);
  return stdout.split('\n').filter((line) => /\btug/.test(line));
}

/** What an engine has added to the host's own FORWARD chains. */
async function forwardRules(): Promise<string[]> {
  const chains = await Promise.all(
    ['ip', 'ip6'].map((family) => run(['nft', 'list', 'chain', family, 'filter', 'FORWARD'])),
  );
  return chains.flatMap(({ stdout }) =>
    stdout
      .split('\n')
      .filter((line) => line.includes('"tug '))
      .map((line) => `rule ${line.trim()}`),
  );
}

function pids(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function tryList(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // the cgroup has gone
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has gone
  }
}

function tryLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return 'gone';
  }
}
