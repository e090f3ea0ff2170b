import type { PortBinding } from '../../api/index.ts';
import { crashpoint, EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { type ContainerRow, changeRow, getRow } from '../row.ts';

type Bindings = Record<string, PortBinding[]>;

type Ports = ContainerRow['ports'];

/** See Containers.changePorts. What nobody has to wait for is done after the answer, while the container is still this change's alone. */
export function changePorts(
  context: Context,
  reference: string,
  { add, remove }: { add: Bindings; remove: Bindings },
): Promise<{ Ports: Ports }> {
  const { id } = resolve(context.store, reference);
  const answer = Promise.withResolvers<{ Ports: Ports }>();
  const work = context.locks.run(id, async () => {
    const { ports, settle } = await change(context, id, add, remove);
    answer.resolve({ Ports: ports });
    await new Promise(setImmediate);
    settle();
  });
  work.catch(answer.reject);
  return answer.promise;
}

async function change(
  context: Context,
  id: string,
  add: Bindings,
  remove: Bindings,
): Promise<{ ports: Ports; settle: () => void }> {
  const row = getRow(context.store, id);
  if (/^(host|none|container:.*)$/s.test(row.hostConfig.NetworkMode ?? '')) {
    throw new EngineError('invalid', 'ports are published of containers on a network of their own only');
  }
  const hostConfig = {
    ...row.hostConfig,
    PortBindings: changedBindings(row.hostConfig.PortBindings ?? {}, add, remove),
  };
  const run = context.runs.get(id);
  if (!run || row.state !== 'running') {
    changeRow(context.store, id, { hostConfig });
    return { ports: row.ports, settle: () => undefined };
  }
  const { ports, record, undo, apply } = context.networks.changePorts(id, add, remove);
  try {
    changeRow(context.store, id, { hostConfig, ports }, record);
  } catch (error) {
    undo();
    throw error;
  }
  crashpoint('container.portsChanged');
  return { ports, settle: await apply(run.process) };
}

/** The bindings that the next start publishes. */
function changedBindings(before: Record<string, PortBinding[] | null>, add: Bindings, remove: Bindings): Bindings {
  const out: Bindings = Object.fromEntries(Object.entries(before).map(([key, bindings]) => [key, bindings ?? []]));
  for (const [key, gone] of Object.entries(remove)) {
    const name = keyOf(key);
    const left = (out[name] ?? []).filter((binding) => !gone.some((other) => isMeant(binding, other)));
    if (left.length > 0) out[name] = left;
    else delete out[name];
  }
  for (const [key, more] of Object.entries(add)) {
    const spelled = more.map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort }));
    out[keyOf(key)] = [...(out[keyOf(key)] ?? []), ...spelled];
  }
  return out;
}

const keyOf = (key: string): string => (key.includes('/') ? key : `${key}/tcp`);

function isMeant(binding: PortBinding, { HostIp = '', HostPort = '' }: PortBinding): boolean {
  return (HostPort === '' || binding.HostPort === HostPort) && (HostIp === '' || binding.HostIp === HostIp);
}
