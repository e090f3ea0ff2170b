import { existsSync, readFileSync } from 'node:fs';
import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { IdMapping } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { rowsOf } from '../row.ts';
import { isContainerMode } from '../spec/index.ts';

/** The size of a range that a container gets of its own unless it says. */
const usual = 65_536;
/** Where ranges are taken from: what systemd sets aside for containers, below what C programs take for negative. */
const pool = { first: 0x80000, last: 0x6fffffff };

/**
 * The ids that a container's are on the host; undefined where they are the host's own. `auto` (or `auto:size=N`) takes a range that no
 * other container has, and that of the container whose namespaces it shares. Otherwise the engine's setting holds.
 */
export function chooseIds(context: Context, hostConfig: HostConfig): IdMapping | undefined {
  const mode = hostConfig.UsernsMode ?? '';
  if (mode === 'host') return undefined;
  const size = autoSize(mode);
  if (size === undefined) return context.facts.defaults?.ids;
  return idsOfDonor(context, hostConfig) ?? freeRange(context, size);
}

/** Refuses what no user namespace can have, in Docker's words. */
export function checkUserns(hostConfig: HostConfig, ids: IdMapping | undefined): void {
  if (!ids) return;
  const { Privileged, NetworkMode, PidMode } = hostConfig;
  if (Privileged) {
    throw new EngineError(
      'invalid',
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
  }
  if (NetworkMode === 'host')
    throw refuse("cannot share the host's network namespace when user namespaces are enabled");
  if (PidMode === 'host') throw refuse('cannot share the host PID namespace when user namespaces are enabled');
}

const refuse = (words: string): EngineError => new EngineError('invalid', words);

function autoSize(mode: string): number | undefined {
  if (mode === '') return undefined;
  const asked = /^auto(?::size=([1-9]\d{0,7}))?$/.exec(mode);
  if (!asked) throw refuse(`invalid user namespace mode: ${mode}`);
  return Number(asked[1] ?? usual);
}

/** Containers that share a namespace share its owner. */
function idsOfDonor(context: Context, { NetworkMode, PidMode, IpcMode }: HostConfig): IdMapping | undefined {
  for (const mode of [NetworkMode, PidMode, IpcMode]) {
    if (isContainerMode(mode)) return resolve(context.store, mode.slice('container:'.length)).ids;
  }
  return undefined;
}

/** The lowest range that is nobody's: neither another container's, nor a user's, nor the engine's. */
function freeRange(context: Context, size: number): IdMapping {
  const taken = [
    ...context.store.view((tx) => rowsOf(tx).all()).map(({ document }) => document.ids?.uids[0]),
    ...context.idsInMaking,
    context.facts.defaults?.ids?.uids[0],
  ].flatMap((range) => (range ? [[range.hostID, range.size] as const] : []));
  const all = [...taken, ...usersRanges()].toSorted(([one], [other]) => one - other);
  let first = pool.first;
  for (const [start, length] of all) {
    if (start >= first + size) break;
    first = Math.max(first, Math.ceil((start + length) / usual) * usual);
  }
  if (first + size - 1 > pool.last) throw refuse(`there is no range of ${size} ids left for a container of its own`);
  const range = [{ containerID: 0, hostID: first, size }];
  return { uids: range, gids: range };
}

function usersRanges(): [start: number, length: number][] {
  return ['/etc/subuid', '/etc/subgid']
    .filter(existsSync)
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/^[^:\n]+:(\d+):(\d+)\s*$/gm)].map(
        ([, start, length]) => [Number(start), Number(length)] as [number, number],
      ),
    );
}
