import { posix } from 'node:path';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Store } from '../../store/index.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import type { Link } from './contract.ts';

const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** The links that a creation asks for, with Docker's refusals; the first of an alias counts. */
export function resolveLinks(store: Store, { Links, NetworkMode = '' }: ContainerRow['hostConfig']): Link[] {
  const asked = (Links ?? []).map(parseLink);
  if (asked.length === 0) return [];
  if (NetworkMode.startsWith('container:')) throw conflict('container type network');
  if (NetworkMode === 'host') throw conflict('host type networking');
  const links = new Map<string, Link>();
  for (const { reference, alias } of asked) {
    const child = findChild(store, reference);
    if (child.hostConfig.NetworkMode === 'host') throw conflict('host type networking');
    if (!links.has(alias)) links.set(alias, { child: child.id, name: child.name ?? '', alias });
  }
  return [...links.values()];
}

const conflict = (what: string): EngineError =>
  refuse(`conflicting options: ${what} can't be used with links. This would result in undefined behavior`);

/** `child`, `child:alias`, or as an inspection shows it: `/child:/parent/alias`. */
function parseLink(text: string): { reference: string; alias: string } {
  if (text === '') throw new EngineError('internal', 'empty string specified for links');
  const [reference = '', alias = reference, ...more] = text.split(':');
  if (more.length > 0) throw refuse(`bad format for links: ${text}`);
  return reference.startsWith('/') && reference !== alias
    ? { reference: reference.slice(1), alias: posix.basename(alias) }
    : { reference, alias: alias.replace(/^\/+(?=.)/, '') };
}

function findChild(store: Store, reference: string): ContainerRow {
  try {
    const found = resolve(store, reference);
    const [, other] = /^container:(.+)$/.exec(found.hostConfig.NetworkMode ?? '') ?? [];
    return other === undefined ? found : resolve(store, other);
  } catch (error) {
    // As `not found` it would be taken for the image.
    throw refuse(`could not get container for ${reference}: ${messageOf(error)}`);
  }
}
