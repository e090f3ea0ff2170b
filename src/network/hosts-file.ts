import { EngineError } from '../kit/index.ts';

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
  /** The container's own, if it has one. */
  address?: string;
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
  const own = file.address === undefined ? '' : `${file.address}\t${names(file)}\n`;
  return `${base}${extra.join('')}${own}`;
}

/** The full name first, then the short one. */
function names({ hostname, domainname }: HostsFile): string {
  const full = domainname ? `${hostname}.${domainname}` : hostname;
  const dot = full.indexOf('.');
  return dot > 0 ? `${full} ${full.slice(0, dot)}` : full;
}
