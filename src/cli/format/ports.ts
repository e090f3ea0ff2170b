/** A port as the engine lists it. */
export interface ListedPort {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}

interface Group {
  first: number;
  last: number;
}

/** Ports on one line: neighbours on the same address drawn together, `0.0.0.0:80->80/tcp, 443/tcp`. */
export function displayPorts(ports: ListedPort[]): string {
  if (ports.length === 0) return '';
  const groups = new Map<string, Group>();
  const ranges: string[] = [];
  const mapped: string[] = [];
  for (const port of [...ports].toSorted(byPort)) {
    const isShifted = port.IP !== undefined && port.IP !== '' && port.PublicPort !== port.PrivatePort;
    if (isShifted) {
      mapped.push(`${hostPort(port.IP ?? '', port.PublicPort)}->${port.PrivatePort}/${port.Type}`);
      continue;
    }
    const key = port.IP ? `${port.IP}/${port.Type}` : port.Type;
    const group = groups.get(key);
    if (group && port.PrivatePort === group.last + 1) group.last = port.PrivatePort;
    else {
      if (group) ranges.push(formGroup(key, group));
      groups.set(key, { first: port.PrivatePort, last: port.PrivatePort });
    }
  }
  for (const [key, group] of groups) ranges.push(formGroup(key, group));
  return [...ranges, ...mapped].join(', ');
}

function formGroup(key: string, { first, last }: Group): string {
  const [type = '', ip] = key.split('/').toReversed();
  const range = first === last ? String(first) : `${first}-${last}`;
  return ip === undefined ? `${range}/${type}` : `${hostPort(ip, range)}->${range}/${type}`;
}

function hostPort(ip: string, port: number | string | undefined): string {
  return ip.includes(':') ? `[${ip}]:${port ?? 0}` : `${ip}:${port ?? 0}`;
}

function byPort(a: ListedPort, b: ListedPort): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  if ((a.IP ?? '') !== (b.IP ?? '')) return (a.IP ?? '') < (b.IP ?? '') ? -1 : 1;
  if ((a.PublicPort ?? 0) !== (b.PublicPort ?? 0)) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
  return a.Type < b.Type ? -1 : 1;
}
