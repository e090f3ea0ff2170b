import type { SessionNamed } from '../../../../api/index.ts';
import { fs, path } from '../../../lazy.ts';
import { refused } from '../options/attributes.ts';
import { ignoreOf, isRemote, keyOf } from './local.ts';
import { type LocalTree, listTree } from './tree.ts';

/** `--build-context`: what the engine is told of them, and the files that it may ask for. */
export function namedContexts(texts: string[]): {
  wanted: Record<string, SessionNamed>;
  tree(name: string): LocalTree;
} {
  const wanted: Record<string, SessionNamed> = {};
  const trees = new Map<string, () => LocalTree>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw refused(`invalid context value: ${text}, expected key=value`);
    const name = text.slice(0, at).toLowerCase();
    const { context, files } = namedContext(name, text.slice(at + 1));
    wanted[name] = context;
    if (files) trees.set('layout' in context ? `layout:${name}` : name, files);
  }
  return {
    wanted,
    tree(name) {
      const list = trees.get(name);
      if (!list) throw new Error(`there is no context ${name}`);
      return list();
    },
  };
}

function namedContext(name: string, value: string): { context: SessionNamed; files?: () => LocalTree } {
  if (value.startsWith('docker-image://')) return { context: { image: value.slice('docker-image://'.length) } };
  if (value.startsWith('oci-layout://')) {
    const layout = value.slice('oci-layout://'.length);
    const directory = layoutAt(layout.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/:[\w][\w.-]*$/, ''), value);
    return { context: { layout }, files: () => listTree(directory, {}) };
  }
  if (isRemote(value)) return { context: { remote: value } };
  const target = /^target:(.*)$/.exec(value)?.[1];
  if (target !== undefined) throw new Error(`failed to find target ${target} for context ${name}`);
  const directory = directoryOf(name, value);
  return { context: { key: keyOf(directory) }, files: () => listTree(directory, { leaves: ignoreOf(directory, '') }) };
}

function layoutAt(written: string, value: string): string {
  const directory = path().resolve(written);
  if (fs().existsSync(path().join(directory, 'index.json'))) return directory;
  const index = `${written}/index.json`;
  throw new Error(
    `oci-layout reference ${JSON.stringify(value)} could not be resolved: could not read ${index}: open ${index}: no such file or directory`,
  );
}

function directoryOf(name: string, value: string): string {
  const directory = path().resolve(value);
  const found = fs().statSync(directory, { throwIfNoEntry: false });
  if (!found) throw new Error(`failed to get build context ${name}: stat ${value}: no such file or directory`);
  if (!found.isDirectory()) throw new Error(`failed to get build context path {${value} <nil>}: not a directory`);
  return directory;
}
