import { EngineError } from '../../kit/index.ts';

const base = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

export interface HostsFile {
  hostname: string;
  domainname: string;
  /** The container's own, if it has some. */
  addresses: string[];
  /** `name:address`, as of --add-host. */
  extraHosts: string[];
  /** What `host-gateway` stands for. */
  gateway: string;
}

/** The contents of a container's /etc/hosts. */
export function hostsFile(file: HostsFile): string {
  const extra = file.extraHosts.map((entry) => {
    const [, name = '', address = ''] = /^([^:=]+)[:=](.*)$/.exec(entry) ?? [];
    if (!name || !address) throw new EngineError('invalid', `bad format for add-host: "${entry}"`);
    const plain = address.replace(/^\[(.*)\]$/, '$1');
    return `${plain === 'host-gateway' ? file.gateway : plain}\t${name}\n`;
  });
  const own = file.addresses.map((address) => hostsLine(address, file));
  return `${base}${extra.join('')}${own.join('')}`;
}

/** The line of one of a container's own addresses. */
export function hostsLine(address: string, container: Pick<HostsFile, 'hostname' | 'domainname'>): string {
  return `${address}\t${names(container)}\n`;
}

/** The file as a container has it by now, without the lines of some addresses and with those of others at its end. */
export function changeHosts(
  text: string,
  change: { removed: string[]; added: string[] },
  container: Pick<HostsFile, 'hostname' | 'domainname'>,
): string {
  const gone = new Set(change.removed.map((address) => hostsLine(address, container).trim()));
  const kept = text.split('\n').filter((line) => !gone.has(line.trim()));
  const body = kept.join('\n');
  const added = change.added.map((address) => hostsLine(address, container)).join('');
  return `${body}${body === '' || body.endsWith('\n') ? '' : '\n'}${added}`;
}

/** The full name first, then the short one. */
function names({ hostname, domainname }: Pick<HostsFile, 'hostname' | 'domainname'>): string {
  const full = domainname ? `${hostname}.${domainname}` : hostname;
  const dot = full.indexOf('.');
  return dot > 0 ? `${full} ${full.slice(0, dot)}` : full;
}
