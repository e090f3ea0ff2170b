import { cloneMount, closeFd, SystemError, setMountAttributes } from '../../host/index.ts';
import { explainSystemError } from '../../kit/index.ts';
import { type IdMapping, idMaps } from '../../snapshot/index.ts';
import type { Context } from '../context.ts';

/**
 * What lies at a path with a container's own ids, seen with the host's that stand for them, as a detached mount; undefined on a file
 * system that knows no such views. A volume keeps its owners so, whichever ids its containers have. The caller closes the fd.
 */
export function shiftedMount(context: Pick<Context, 'runtime'>, path: string, ids: IdMapping): number | undefined {
  const mount = cloneMount(path, { recursive: false });
  try {
    setMountAttributes(mount, { idMap: context.runtime.userNamespace(idMaps(ids)) });
    return mount;
  } catch (error) {
    closeFd(mount);
    if (error instanceof SystemError && error.code === 'EINVAL') return undefined;
    throw explainSystemError(error, path);
  }
}
