import { decodeConfigChange, decodeContainerUpdate } from '../../../api/decode/index.ts';
import { olderThan } from '../../../api/index.ts';
import type { Containers } from '../../../container/index.ts';
import { type Handler, readJsonBody, sendJson } from '../../request.ts';
import type { Route } from '../../router.ts';
import { statsHandler } from './stats.ts';

/** What is done to a container between its start and its end, and looking at it meanwhile. */
export function lifeRoutes(containers: Containers): Route[] {
  return [
    ['GET', '/containers/{name}/top', topHandler(containers)],
    ['GET', '/containers/{name}/stats', statsHandler(containers)],
    ['POST', '/containers/{name}/pause', plain((name) => containers.pause(name))],
    ['POST', '/containers/{name}/unpause', plain((name) => containers.unpause(name))],
    ['POST', '/containers/{name}/rename', plain((name, query) => containers.rename(name, query.text('name')))],
    ['POST', '/containers/{name}/update', updateHandler(containers)],
    ['POST', '/containers/prune', pruneHandler(containers)],
    // Docker has no such thing: the path is the engine's own.
    ['POST', '/tug/containers/{name}/config', changeHandler(containers)],
  ];
}

function plain(act: (name: string, query: Parameters<Handler>[0]['query']) => Promise<void>): Handler {
  return async ({ name, query, reply }) => {
    await act(name, query);
    await reply.empty(204);
  };
}

function topHandler(containers: Containers): Handler {
  return async (request) => sendJson(request, 200, await containers.top(request.name, request.query.text('ps_args')));
}

function updateHandler(containers: Containers): Handler {
  return async (request) => {
    const body = decodeContainerUpdate(await readJsonBody(request));
    // The first came with that version, the second went with it.
    if (olderThan(request.version, '1.40')) delete body.PidsLimit;
    if (!olderThan(request.version, '1.42')) delete body.KernelMemory;
    await sendJson(request, 200, await containers.update(request.name, body));
  };
}

function changeHandler(containers: Containers): Handler {
  return async (request) => {
    const body = decodeConfigChange(await readJsonBody(request));
    const change = {
      env: body.Env ?? [],
      envRemove: body.EnvRemove ?? [],
      labels: body.Labels ?? {},
      labelsRemove: body.LabelsRemove ?? [],
      mounts: body.Mounts ?? [],
      mountsRemove: body.MountsRemove ?? [],
    };
    await sendJson(request, 200, await containers.change(request.name, change, { restart: body.Restart ?? false }));
  };
}

function pruneHandler(containers: Containers): Handler {
  return async (request) => {
    const { ContainersDeleted, SpaceReclaimed } = await containers.prune(request.query.filters());
    // Docker has null for an empty list here.
    const deleted = ContainersDeleted.length > 0 ? ContainersDeleted : null;
    await sendJson(request, 200, { ContainersDeleted: deleted, SpaceReclaimed });
  };
}
