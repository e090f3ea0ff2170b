import { EngineError } from '../../kit/index.ts';
import type { RuntimeSpec } from '../../oci/index.ts';
import type { MountStep } from '../plan/steps.ts';

/** The programs that are called in the container's mount namespace before its root takes the place of the host's. Throws `unsupported` for others. */
export function compileHooks(spec: RuntimeSpec, { id, bundle }: { id: string; bundle: string }): MountStep[] {
  const { createContainer = [], ...others } = spec.hooks ?? {};
  const other = Object.entries(others).find(([, hooks]) => hooks.length > 0);
  if (other) {
    const [kind] = other;
    throw new EngineError('unsupported', `${kind} hooks are called by another runtime only: choose one with --runtime`);
  }
  const { ociVersion, annotations } = spec;
  const state = { ociVersion, id, status: 'creating', bundle, ...(annotations && { annotations }) };
  const head = `${JSON.stringify(state).slice(0, -1)},"pid":`;
  return createContainer.map(
    ({ path, args = [path], env = [], timeout: seconds = 0 }): MountStep => ({
      op: 'hook',
      program: path,
      args,
      env,
      head,
      tail: '}',
      seconds,
    }),
  );
}

/** What hooks look for in `config.json`: the specification, whose root is where it stands while they are called. */
export function hooksConfig(spec: RuntimeSpec, rootAt: string): string | undefined {
  if (Object.keys(spec.hooks ?? {}).length === 0) return undefined;
  return JSON.stringify({ ...spec, root: { ...spec.root, path: rootAt } });
}
