import { closeFd } from '../../host/index.ts';
import { packTree } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import type { ContainerFiles } from './contract.ts';

/** See ContainerFiles.exportRoot. */
export async function exportRoot(context: Context, reference: string): Promise<AsyncIterable<Uint8Array>> {
  const row = resolve(context.store, reference);
  const root = context.snapshots.view(row.id);
  context.events.publish(row, 'export');
  return packedRoot(root);
}

async function* packedRoot(root: number): AsyncGenerator<Uint8Array> {
  try {
    yield* packTree({ from: { directory: root, name: Buffer.from('.') }, as: '' });
  } finally {
    closeFd(root);
  }
}

const kinds = { modified: 0, added: 1, deleted: 2 } as const;

/** See ContainerFiles.changes. */
export async function changes(context: Context, reference: string): ReturnType<ContainerFiles['changes']> {
  const row = resolve(context.store, reference);
  const found = await context.snapshots.changes(row.id);
  return found.map(({ path, kind }) => ({ Path: path, Kind: kinds[kind] }));
}
