import { contains, parseIp, parsePrefix } from '../address/subnets.ts';
import type { Place } from '../records/place.ts';
import type { Forward } from './forward.ts';
import { answer, failure, fitted, parseQuery, type Query, RecordType, ResponseCode } from './message.ts';
import { lookUp, lookUpAddress, type Neighbourhood } from './names.ts';

/** What answers containers' questions. */
export interface Resolving extends Neighbourhood {
  /** The host's own nameservers. */
  hostServers(): string[];
  forward: Forward;
}

/** The answer to one question of a container; undefined for what is none. */
export async function resolve(
  resolving: Resolving,
  asker: Place,
  { bytes, tcp }: { bytes: Buffer; tcp: boolean },
): Promise<Buffer | undefined> {
  const query = parseQuery(bytes);
  if (!query) return undefined;
  const own = answerByName(resolving, asker, bytes, query);
  if (own) return tcp ? own : fitted(own, query, query.size);
  // Who set ndots asks again with a domain; a bare name is nobody's business outside.
  if (isAddress(query) && setsNdots(asker) && !query.name.includes('.')) return answer(bytes, query, {});
  const answered = await resolving.forward(serversOf(resolving, asker), { bytes, query, tcp });
  if (answered) return tcp ? answered : fitted(answered, query, 4094);
  return failure(bytes, query, ResponseCode.serverFailure);
}

const isAddress = ({ type }: Query): boolean => type === RecordType.a || type === RecordType.aaaa;

function answerByName(resolving: Resolving, asker: Place, bytes: Buffer, query: Query): Buffer | undefined {
  if (query.class !== 1) return undefined;
  if (query.type === RecordType.ptr) {
    const name = lookUpAddress(resolving, asker, query.name);
    return name === undefined ? undefined : answer(bytes, query, { name });
  }
  if (isAddress(query)) {
    const addresses = lookUp(resolving, asker, query.name, query.type === RecordType.a ? 4 : 6);
    return addresses && answer(bytes, query, { addresses });
  }
  // A container has no mail exchanger and no services of that name.
  const isOurs = [RecordType.mx, RecordType.srv].includes(query.type) && lookUp(resolving, asker, query.name, 4);
  return isOurs ? answer(bytes, query, {}) : undefined;
}

const setsNdots = ({ dns }: Place): boolean => dns.options.some((option) => /^ndots:[1-9]/.test(option));

/** Those the user named, else the host's. From networks without a way out only servers on them are asked: nothing leaks. */
function serversOf(resolving: Resolving, { dns, endpoints }: Place): string[] {
  const leadsOut = endpoints.some(({ link }) => link?.v4?.gateway || link?.v6?.gateway);
  if (leadsOut) return dns.servers.length > 0 ? dns.servers : resolving.hostServers();
  const near = endpoints.flatMap(({ link }) => [link?.v4, link?.v6]);
  return dns.servers.filter((server) => {
    const ip = parseIp(server);
    return near.some((side) => {
      const subnet = side && parsePrefix(`${side.address}/${side.prefix}`)?.subnet;
      return ip && subnet && contains(subnet, ip);
    });
  });
}
