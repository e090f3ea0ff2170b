import { parsePorts } from '../../../create/network/ports.ts';
import { parseMount } from '../../../create/resources/mounts.ts';
import { checkEnv, checkLabel, collectEnv, toMap } from '../../../create/values/env.ts';
import { flag, type Values } from '../../../flags/index.ts';

const hidden = { hidden: true } as const;

/** Docker has no such flags, and its help is ours. */
export const ownFlags = {
  env: flag.list('Set an environment variable', { short: 'e', ...hidden }, checkEnv),
  'env-rm': flag.list('Remove an environment variable', hidden),
  'label-add': flag.list('Add or change a label', hidden, checkLabel),
  'label-rm': flag.list('Remove a label', hidden),
  'mount-add': flag.list('Attach one more filesystem mount, as --mount of "create"', hidden),
  'mount-rm': flag.list('Remove what is mounted at a path of the container', hidden),
  'publish-add': flag.list("Publish one more of the container's ports to the host", hidden),
  'publish-rm': flag.list('Publish a port no longer', hidden),
  'restart-now': flag.bool('Restart a running container, so that the change holds at once', hidden),
};

/** A request to the engine; `{name}` in the path stands for the container. */
export interface OwnRequest {
  path: string;
  body: object;
}

/** What those flags ask of the engine, of which nothing is asked that nobody named. */
export function ownRequests(flags: Values<typeof ownFlags>, env: Record<string, string | undefined>): OwnRequest[] {
  const [add, remove] = [flags['publish-add'], flags['publish-rm']];
  const ports = { Publish: parsePorts(add, []).bindings, Unpublish: parsePorts(remove, []).bindings };
  const config = {
    Env: collectEnv([], flags.env, env),
    EnvRemove: flags['env-rm'],
    Labels: toMap(flags['label-add']),
    LabelsRemove: flags['label-rm'],
    Mounts: flags['mount-add'].map(parseMount),
    MountsRemove: flags['mount-rm'],
  };
  const isAsked = flags['restart-now'] || Object.values(config).some((value) => Object.keys(value).length > 0);
  return [
    ...(add.length > 0 || remove.length > 0 ? [{ path: '/tug/containers/{name}/ports', body: ports }] : []),
    ...(isAsked ? [{ path: '/tug/containers/{name}/config', body: { ...config, Restart: flags['restart-now'] } }] : []),
  ];
}
