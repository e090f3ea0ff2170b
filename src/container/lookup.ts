import { EngineError } from '../kit/index.ts';
import type { Rows, Store } from '../store/index.ts';
import type { Link } from './links/contract.ts';
import { type ContainerRow, rowsOf } from './row.ts';

/** The container that a full id, a name (with or without its slash) or a unique prefix of an id means. */
export function resolve(store: Store, reference: string): ContainerRow {
  if (reference === '') throw new EngineError('invalid', 'invalid name or ID supplied: ""');
  return store.view((tx) => {
    const rows = rowsOf(tx);
    const exact = rows.get(reference);
    if (exact && exact.name !== null) return exact;
    const [named] = rows.by('name', reference.replace(/^\//, ''));
    if (named) return named.document;
    const linked = findAlias(rows, reference);
    const child = linked && rows.get(linked.link.child);
    if (child && child.name !== null) return child;
    const candidates = /^[0-9a-f]+$/.test(reference) ? rows.idsByPrefix(reference, 64) : [];
    const present = candidates.map((id) => rows.get(id)).filter((row) => row !== undefined && row.name !== null);
    if (present.length > 1) throw new EngineError('invalid', `multiple IDs found with provided prefix: ${reference}`);
    const [only] = present;
    if (!only) throw new EngineError('notFound', `No such container: ${reference}`);
    return only;
  });
}

/** The link that `parent/alias` names, with its parent. */
export function findAlias(
  rows: Rows<ContainerRow>,
  reference: string,
): { parent: ContainerRow; link: Link } | undefined {
  const [, name, alias] = /^\/?([^/]+)\/(.+)$/.exec(reference) ?? [];
  if (name === undefined) return undefined;
  const [parent] = rows.by('name', name);
  const link = parent?.document.links?.find((candidate) => candidate.alias === alias);
  return parent && link && { parent: parent.document, link };
}
