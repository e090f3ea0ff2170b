import { expect } from 'bun:test';
import { silent } from '../kit/index.ts';
import { createPlugins, type Plugins } from '../plugin/index.ts';
import type { Store } from '../store/index.ts';
import { createVolumes, type Volumes } from './index.ts';

const copyTree = async () => expect.unreachable('no tree was to be copied');
const clock = () => new Date('2026-01-02T03:04:05.678Z');

/** The room on a store for tests, at a fixed time and, unless told, on a machine without plugins. */
export function openVolumes({
  root,
  store,
  plugins = createPlugins({ places: { sockets: [], specs: [] }, log: silent }),
}: {
  root: string;
  store: Store;
  plugins?: Plugins;
}): Volumes {
  return createVolumes({ root, store, plugins, copyTree, log: silent, clock });
}
