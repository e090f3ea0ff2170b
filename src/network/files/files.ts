import type { Place } from '../records/place.ts';
import { type State, wireOf } from '../state.ts';
import { hostsFile } from './hosts-file.ts';
import { type Resolution, resolvConf } from './resolv-conf.ts';

/** The contents of a container's /etc/hosts and /etc/resolv.conf as its place in the network wants them. */
export function filesOf(state: State, place: Place): { hosts: string; resolvConf: string } {
  const shared = place.endpoints.some(({ network }) => network === 'host');
  const hosts =
    shared && place.extraHosts.length === 0
      ? state.hostFiles.hosts()
      : hostsFile({
          hostname: place.hostname,
          domainname: place.domainname,
          extraHosts: place.extraHosts,
          gateway: state.options.hostGateway ?? wireOf(state).v4?.gateway ?? '',
          addresses: addressesOf(place),
        });
  return { hosts, resolvConf: resolvConf(state.hostFiles.resolvConf(shared), place.dns, resolutionOf(place)) };
}

/** On the predefined bridge alone, nameservers that the user names stand in the file themselves, as in Docker. */
function resolutionOf({ endpoints, dns }: Place): Resolution {
  const networks = endpoints.map(({ network }) => network);
  if (networks.includes('host')) return 'shared';
  if (networks.includes('none')) return 'legacy';
  return networks.every((network) => network === 'bridge') && dns.servers.length > 0 ? 'legacy' : 'internal';
}

/** Every address of a container, network by network. */
export function addressesOf({ endpoints }: Pick<Place, 'endpoints'>): string[] {
  return endpoints.flatMap(({ link }) => [link?.v4, link?.v6].flatMap((side) => (side ? [side.address] : [])));
}
