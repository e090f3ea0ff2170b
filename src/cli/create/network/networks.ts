import { parseCsv } from '../../../kit/index.ts';

/** One `--network`: a name, or `name=…,alias=…,ip=…`. */
export interface NetworkAttachment {
  target: string;
  aliases: string[];
  links: string[];
  driverOptions: Record<string, string>;
  ip: string;
  ip6: string;
  mac: string;
  linkLocal: string[];
  gatewayPriority: number;
}

/** An attachment of which nothing but the network is known. */
export function attachment(target: string): NetworkAttachment {
  const none = { aliases: [], links: [], driverOptions: {}, linkLocal: [] };
  return { target, ...none, ip: '', ip6: '', mac: '', gatewayPriority: 0 };
}

/** Reads one `--network`. */
export function parseNetwork(text: string): NetworkAttachment {
  if (!/\w+=\w+/.test(text)) return attachment(text);
  let read = attachment('');
  for (const field of parseCsv(text)) read = readField(read, field);
  if (read.target === '') throw new Error('network name/id is not specified');
  return read;
}

function readField(before: NetworkAttachment, field: string): NetworkAttachment {
  const [key, value] = pair(field);
  if (key === '') throw new Error(`invalid field ${field}`);
  switch (key) {
    case 'name':
      return { ...before, target: value };
    case 'alias':
      return { ...before, aliases: [...before.aliases, value] };
    case 'ip':
    case 'ip6':
      return { ...before, [key]: value };
    case 'mac-address':
      return { ...before, mac: value };
    case 'link-local-ip':
      return { ...before, linkLocal: [...before.linkLocal, value] };
    case 'driver-opt': {
      const [name, option] = pair(value);
      if (name === '') throw new Error('invalid key value pair format in driver options');
      return { ...before, driverOptions: { ...before.driverOptions, [name]: option } };
    }
    case 'gw-priority':
      if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority (${value}): invalid syntax`);
      return { ...before, gatewayPriority: Number(value) };
    default:
      throw new Error(`invalid field key ${key}`);
  }
}

/** Both halves in lower case, as Docker takes them; without an `=` there is no key. */
function pair(text: string): [key: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 0) return ['', ''];
  const lower = text.toLowerCase();
  return [lower.slice(0, equals).trim(), lower.slice(equals + 1).trim()];
}
