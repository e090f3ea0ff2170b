import { EngineError } from '../../kit/index.ts';

/** The container's side of a port specification (`80`, `53/udp`, `8000-8010/tcp`, `127.0.0.1:80:8080`) as `port/protocol`s. */
export function parsePorts(text: string): string[] {
  const [address = '', protocol = 'tcp'] = text.split('/');
  const range = address.split(':').at(-1) ?? '';
  const [first = '', last = first] = range.split('-');
  const name = protocol.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(name)) throw new EngineError('invalid', `Invalid proto: ${protocol}`);
  const [low, high] = [portOf(first), portOf(last)];
  if (low === undefined || high === undefined || high < low) {
    throw new EngineError(
      'invalid',
      range === '' ? `No port specified: ${text}<empty>` : `Invalid containerPort: ${range}`,
    );
  }
  return Array.from({ length: high - low + 1 }, (_, index) => `${low + index}/${name}`);
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65535 ? port : undefined;
}
