import type { ContainerInspectResponse, PortBinding } from '../../../../api/index.ts';
import { command } from '../../../command.ts';
import { naturalOrder } from '../../../format/text.ts';

export const port = command({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  short: 'List port mappings or a specific mapping for the container',
  aliases: ['container port', 'port'],
  flags: {},
  arity: { from: 1, to: 2 },
  async run({ client, out }, { args }) {
    const [name = '', asked = ''] = args;
    const path = `/containers/${encodeURIComponent(name)}/json`;
    const { NetworkSettings } = await client.json<ContainerInspectResponse>({ method: 'GET', path });
    const ports = (NetworkSettings?.Ports ?? {}) as Record<string, PortBinding[] | null>;
    const lines = asked === '' ? everyPort(ports) : onePort(ports, asked, name);
    const sorted = lines.toSorted(naturalOrder);
    for (const line of sorted) await out.line(line);
    return 0;
  },
});

function everyPort(ports: Record<string, PortBinding[] | null>): string[] {
  return Object.entries(ports).flatMap(([inside, bindings]) =>
    (bindings ?? []).map((binding) => `${inside} -> ${address(binding)}`),
  );
}

function onePort(ports: Record<string, PortBinding[] | null>, asked: string, name: string): string[] {
  const slash = asked.indexOf('/');
  const number = slash < 0 ? asked : asked.slice(0, slash);
  const protocol = slash < 0 ? 'tcp' : asked.slice(slash + 1) || 'tcp';
  const fault = !/^\d+$/.test(number) ? 'invalid syntax' : Number(number) > 65_535 ? 'value out of range' : undefined;
  if (fault) {
    const parsing = `strconv.ParseUint: parsing ${JSON.stringify(number)}: ${fault}`;
    throw new Error(`Error: invalid port (${number}): ${parsing}`);
  }
  const bindings = ports[`${number}/${protocol}`] ?? [];
  if (bindings.length === 0) throw new Error(`Error: No public port '${asked}' published for ${name}`);
  return bindings.map(address);
}

function address({ HostIp = '', HostPort = '' }: PortBinding): string {
  return HostIp.includes(':') ? `[${HostIp}]:${HostPort}` : `${HostIp}:${HostPort}`;
}
