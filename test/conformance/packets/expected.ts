import { addressesOf, boxes, placesFor, unpublished } from './plan.ts';

/** Nothing comes back. */
export const nobody = '-';

/** Published on every address; the port of `i1` and of `x1` is not, as nothing leads into their networks. */
const published = ['a1', 'b1', 'q1', 'u1', 'f1'];
const letterOf = (name: string): string => (name === 'l1' ? 'a' : (name[0] ?? ''));
const gatewayOf = (name: string): string => `gateway of ${letterOf(name)}`;
const onlyBy4 = (answer: string): string => `v4 ${answer}; v6 ${nobody}`;

/** What every place of the plan answers to `from`. */
export function expectedFor(from: string): Record<string, string> {
  const answers = from === 'host' ? forHost() : from === 'outside' ? forOutside() : forContainer(from);
  const all = Object.keys(placesFor(from)).map((place) => [place, answers[place] ?? nobody] as const);
  return Object.fromEntries(all.map(([place, answer]) => [place, byFamily(from, place, answer)]));
}

/** Who is on a network of IPv4 alone neither asks nor answers by IPv6, but where the host passes it on. */
function byFamily(from: string, place: string, answer: string): string {
  if (answer === nobody || answer.startsWith('v4 ')) return answer;
  const four = boxes[from]?.addresses.v6 === '' || boxes[place.split(':')[0] ?? '']?.addresses.v6 === '';
  return four ? onlyBy4(answer) : answer;
}

/** The host reaches every container but those of an isolated network. */
function forHost(): Record<string, string> {
  const containers = Object.keys(boxes).filter((name) => letterOf(name) !== 'x');
  return {
    ...each(containers, (name) => [name, `${name} sees ${gatewayOf(name)}`]),
    ...each(containers, (name) => [`${name}:${unpublished}`, `${name} sees ${gatewayOf(name)}`]),
    ...each(published, (name) => [`published ${name} at host`, `${name} sees host`]),
    'published f1 at host': 'v4 f1 sees host; v6 f1 sees gateway of f',
    ...each([...published, 'l1'], (name) => [`published ${name} at localhost`, `${name} sees ${gatewayOf(name)}`]),
    outside: 'outside sees host',
    'the host itself at host': 'host sees host',
    'the host itself at localhost': 'host sees localhost',
  };
}

/** From outside come published ports, with the client's own address, and what is routed. */
function forOutside(): Record<string, string> {
  return {
    ...each(published, (name) => [`published ${name} at host`, `${name} sees outside`]),
    'published f1 at host': 'v4 f1 sees outside; v6 f1 sees gateway of f',
    r1: 'r1 sees outside',
    u1: 'u1 sees outside',
    [`u1:${unpublished}`]: 'u1 sees outside',
    outside: 'outside sees outside',
    'the host itself at host': 'host sees outside',
  };
}

function forContainer(from: string): Record<string, string> {
  const letter = letterOf(from);
  const neighbours = Object.keys(boxes).filter(
    (name) => letterOf(name) === letter && (letter !== 'q' || name === from),
  );
  const own = {
    ...each(neighbours, (name) => [name, `${name} sees ${from}`]),
    ...each(neighbours, (name) => [`${name}:${unpublished}`, `${name} sees ${from}`]),
  };
  const gateway = `gateway of ${letter}`;
  if (letter === 'x') return own;
  // An internal network leads to the host's own address on it, and nowhere else.
  if (letter === 'i') {
    const passedOn = { [`published f1 at ${gateway}`]: `v4 ${nobody}; v6 f1 sees gateway of f` };
    return { ...own, ...passedOn, [`the host itself at ${gateway}`]: `host sees ${from}` };
  }
  const doors = ['host', gateway];
  return {
    r1: 'r1 sees gateway of r',
    ...own,
    ...each(doors, (door) => [`the host itself at ${door}`, `host sees ${from}`]),
    ...Object.assign(
      {},
      ...doors.map((door) =>
        each(published, (name) => [`published ${name} at ${door}`, `${name} sees ${gatewayOf(name)}`]),
      ),
    ),
    outside: `outside sees ${letter === 'r' ? from : 'host'}`,
  };
}

const each = (names: string[], entry: (name: string) => [string, string]): Record<string, string> =>
  Object.fromEntries(names.map(entry));

const names = new Map(
  Object.entries(addressesOf).flatMap(([name, { v4, v6 }]) => [[v4, name] as const, [v6, name] as const]),
);

/** `a1 10.2.1.10` → `a1 sees a2` */
export function named(answer: string | null): string {
  if (answer === null) return nobody;
  const [who = '', address = ''] = answer.split(' ');
  return `${who} sees ${names.get(address) ?? address}`;
}

/** One word where both protocols of both families are answered alike. */
export function summed([tcp4, udp4, tcp6, udp6]: string[]): string {
  const one = (tcp = '', udp = '') => (tcp === udp ? tcp : `tcp ${tcp}, udp ${udp}`);
  const [v4, v6] = [one(tcp4, udp4), one(tcp6, udp6)];
  return v4 === v6 ? v4 : `v4 ${v4}; v6 ${v6}`;
}
