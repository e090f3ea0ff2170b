import type { Containers } from '../container/index.ts';
import { type Chain, type Engine, examine, type Symptom, thisHost } from '../doctor/index.ts';
import { nfnetlink, openNetlink } from '../host/index.ts';

const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const families: Record<number, string> = { 1: 'inet', 2: 'ip', 5: 'netdev', 7: 'bridge', 10: 'ip6' };
const dropPolicy = 0;

/** Looks the host over, by what the engine knows of itself. */
export function createDoctor(
  containers: Pick<Containers, 'list'>,
  places: Omit<Engine, 'containers'>,
): () => Promise<Symptom[]> {
  return async () => {
    const all = await containers.list({ all: true, size: false, filters: {} });
    return examine(thisHost(chains), { ...places, containers: all.map(({ Id = '' }) => Id) });
  };
}

/** The base chains of every table. */
function chains(): Chain[] {
  const socket = openNetlink(nfnetlink.netlinkNetfilter);
  try {
    return nfnetlink.chains(socket).flatMap(({ family, table, name, hook, policy }) => {
      if (hook === undefined) return [];
      return [
        {
          family: families[family] ?? String(family),
          table,
          name,
          hook: hooks[hook] ?? '',
          drops: policy === dropPolicy,
        },
      ];
    });
  } finally {
    socket.close();
  }
}
