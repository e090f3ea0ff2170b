import { createHash } from 'node:crypto';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The head that answers a request for a WebSocket (RFC 6455), or refuses what is none. */
export function answerHandshake(headers: Map<string, string>): { accepted: boolean; text: string } {
  const value = (name: string) => headers.get(name) ?? '';
  const isUpgrade = value('upgrade').toLowerCase() === 'websocket' && /upgrade/i.test(value('connection'));
  if (!isUpgrade) return refused('not websocket protocol');
  const key = value('sec-websocket-key');
  if (key === '') return refused('mismatch challenge/response');
  if (value('sec-websocket-version') !== '13') {
    return refused('missing or bad WebSocket Version', 'Sec-WebSocket-Version: 13\r\n');
  }
  const protocol = value('sec-websocket-protocol').trim();
  // One that is offered is taken, of several none could be chosen.
  if (protocol.includes(',')) return refused('');
  const accept = createHash('sha1')
    .update(key + guid)
    .digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  lines.push(`Sec-WebSocket-Accept: ${accept}`);
  if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return { accepted: true, text: `${lines.join('\r\n')}\r\n\r\n` };
}

function refused(why: string, field = ''): { accepted: boolean; text: string } {
  return { accepted: false, text: `HTTP/1.1 400 Bad Request\r\n${field}\r\n${why}` };
}
