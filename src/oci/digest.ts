import { createHash } from 'node:crypto';

/** The digest of bytes as images name them: `sha256:` and 64 lower-case hex digits. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether the text is a digest that the engine can check. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);
}

/** For each layer (lowest first) the name of it on top of all below it, as the OCI image specification computes it. */
export function chainIds(diffIds: string[]): string[] {
  const chains: string[] = [];
  for (const diffId of diffIds) {
    const below = chains.at(-1);
    chains.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chains;
}

/**
 * The layers of a config that somebody wrote, whatever they are; undefined without a `rootfs`. One without any says null or nothing where a
 * program of Go's wrote it: that is changed to an empty list.
 */
export function diffIdsOf(config: { rootfs?: { diff_ids: string[] } } | null): unknown {
  const rootfs = config?.rootfs;
  if (typeof rootfs !== 'object' || rootfs === null) return undefined;
  rootfs.diff_ids ??= [];
  return rootfs.diff_ids;
}
