import { shortId } from '../../kit/index.ts';
import { type Ip, parseIp, toText } from '../address/subnets.ts';
import type { Endpoint, Place } from '../records/place.ts';

/** What the names of containers are looked up in. */
export interface Neighbourhood {
  /** Who is on a network. */
  membersOf(networkId: string): { place: Place; endpoint: Endpoint }[];
}

type Family = 4 | 6;

/** The addresses of a name as a container sees it; undefined if no container on its networks has it. */
export function lookUp(
  { membersOf }: Neighbourhood,
  asker: Place,
  asked: string,
  family: Family,
): string[] | undefined {
  const name = asked.toLowerCase();
  for (const endpoint of asker.endpoints) {
    const found = membersOf(endpoint.networkId).filter((member) => isCalled(member, name, endpoint));
    if (found.length > 0) return shuffled(found.flatMap((member) => addressesOf(member.endpoint, family)));
  }
  // `name.network`
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const [host, network] = [name.slice(0, dot), name.slice(dot + 1)];
  for (const endpoint of asker.endpoints) {
    if (endpoint.network.toLowerCase() !== network) continue;
    const found = membersOf(endpoint.networkId).filter((member) => isCalled(member, host, endpoint));
    if (found.length > 0) return shuffled(found.flatMap((member) => addressesOf(member.endpoint, family)));
  }
  return undefined;
}

function isCalled({ place, endpoint }: { place: Place; endpoint: Endpoint }, name: string, asker: Endpoint): boolean {
  const names = endpoint.names ?? [place.name, shortId(place.containerId), place.hostname];
  if (names.some((known) => known.toLowerCase() === name)) return true;
  return linksOf(asker).some(({ target, alias }) => alias.toLowerCase() === name && isTarget(place, target));
}

const isTarget = (place: Place, target: string): boolean =>
  target !== '' && (place.name === target || place.containerId.startsWith(target));

/** `container:alias`: a name of one container's own for another. */
function linksOf({ wish }: Endpoint): { target: string; alias: string }[] {
  return (wish.Links ?? []).map((link) => {
    const [target = '', alias = target] = link.split(':');
    return { target: target.replace(/^\//, ''), alias };
  });
}

function addressesOf({ link }: Endpoint, family: Family): string[] {
  const address = family === 4 ? link?.v4?.address : link?.v6?.address;
  return address === undefined ? [] : [address];
}

/** Who asks again gets another one first. */
function shuffled(addresses: string[]): string[] {
  if (addresses.length < 2) return addresses;
  const start = Math.floor(Math.random() * addresses.length);
  return [...addresses.slice(start), ...addresses.slice(0, start)];
}

/** The name of an address that a neighbour has: `name.network`; undefined for `in-addr.arpa` names of others. */
export function lookUpAddress({ membersOf }: Neighbourhood, asker: Place, reversed: string): string | undefined {
  const ip = addressOf(reversed.toLowerCase());
  if (ip === undefined) return undefined;
  const text = toText(ip);
  for (const { networkId } of asker.endpoints) {
    for (const { place, endpoint } of membersOf(networkId)) {
      const { v4, v6 } = endpoint.link ?? {};
      if (v4?.address !== text && v6?.address !== text) continue;
      return `${endpoint.names?.[0] ?? place.name}.${endpoint.network}`;
    }
  }
  return undefined;
}

function addressOf(reversed: string): Ip | undefined {
  const four = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(reversed)?.[1];
  if (four !== undefined) return parseIp(four.split('.').filter(Boolean).toReversed().join('.'));
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(reversed)?.[1];
  const digits = six?.split('.').filter(Boolean).toReversed().join('');
  return digits === undefined ? undefined : parseIp((digits.match(/.{4}/g) ?? []).join(':'));
}
