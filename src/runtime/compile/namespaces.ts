import { EngineError } from '../../kit/index.ts';
import type { RuntimeSpec, SpecIdMapping } from '../../oci/index.ts';
import type { Outline } from '../contract.ts';
import type { CloneStep } from '../plan/steps.ts';
import { CLONE_NEW } from './constants.ts';

/** Joins of what exists, then the clone into what is new, then the id maps of a new user namespace. */
export function compileNamespaces({ linux }: Outline): CloneStep[] {
  const { namespaces, uidMappings = [], gidMappings = [] } = linux;
  const seen = new Set<string>();
  let flags = 0;
  const joins: CloneStep[] = [];
  for (const { type, path } of namespaces) {
    if (seen.has(type)) throw new EngineError('invalid', `malformed spec: duplicated namespace ${type}`);
    seen.add(type);
    const bit = CLONE_NEW[type];
    if (path === undefined) flags |= bit;
    else joins.push({ op: 'joinNamespace', type: bit, path });
  }
  const steps: CloneStep[] = [...joins, { op: 'clone', flags }];
  if (flags & CLONE_NEW.user) {
    if (uidMappings.length === 0 || gidMappings.length === 0) {
      throw new EngineError('invalid', 'a new user namespace needs uid and gid mappings');
    }
    steps.push({ op: 'idMap', uid: idMap(uidMappings), gid: idMap(gidMappings) });
  }
  return steps;
}

/** The CLONE_NEW* bits of every namespace that the container does not share with the host. */
export function namespaceBits(spec: RuntimeSpec): number {
  return spec.linux.namespaces.reduce((bits, { type }) => bits | CLONE_NEW[type], 0);
}

/** Whether the container gets a namespace of this type that did not exist before. */
export function makesNew({ linux }: Outline, type: keyof typeof CLONE_NEW): boolean {
  return linux.namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
}

/** In the form of /proc/PID/uid_map. */
export const idMap = (mappings: SpecIdMapping[]): string =>
  mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
