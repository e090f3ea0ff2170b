import { connect } from 'node:net';

const json = 'Content-Type: application/json\r\n';
const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const ping = 'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n';
/** Whatever came before, this is the last answer of the connection. */
const last = 'GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n';
const create = (fields: string, body: string) =>
  `POST /containers/create HTTP/1.1\r\nHost: d\r\n${json}${fields}\r\n${body}`;

/** Bytes that no HTTP library sends as they are; each conversation ends with the server closing the connection. */
export const conversations: Record<string, string> = {
  'one after another': ping + ping + last,
  'all at once, with bodies': create('Content-Length: 2\r\n', '{}') + create('Content-Length: 1\r\n', 'x') + last,
  'HTTP/1.0': 'GET /_ping HTTP/1.0\r\n\r\n',
  'HTTP/1.0 with a list': 'GET /events?until=1 HTTP/1.0\r\n\r\n',
  'no Host': 'GET /_ping HTTP/1.1\r\n\r\n',
  'two Hosts': 'GET /_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'an empty Host': `GET /_ping HTTP/1.1\r\nHost:\r\n\r\n${last}`,
  'HTTP/2.0': 'GET /_ping HTTP/2.0\r\nHost: d\r\n\r\n',
  'HTTP/1.2': `GET /_ping HTTP/1.2\r\nHost: d\r\n\r\n${last}`,
  'no version': 'GET /_ping\r\n\r\n',
  nonsense: 'nonsense\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nHost: d\r\n\r\n',
  'a bad escape in the path': 'GET /a%zz HTTP/1.1\r\nHost: d\r\n\r\n',
  'a target that is no path': 'GET foo HTTP/1.1\r\nHost: d\r\n\r\n',
  'a whole URL': `GET http://elsewhere/_ping?x HTTP/1.1\r\nHost: d\r\n\r\n${last}`,
  'an unknown method': `FOO /info HTTP/1.1\r\nHost: d\r\n\r\n${last}`,
  'lines that end with LF': 'GET /_ping HTTP/1.1\nHost: d\nConnection: close\n\n',
  'a space before the colon': 'GET /_ping HTTP/1.1\r\nHost: d\r\nX : d\r\n\r\n',
  'a NUL in a field': 'GET /_ping HTTP/1.1\r\nHost: d\r\nX: \0\r\n\r\n',
  'a field without a colon': 'GET /_ping HTTP/1.1\r\nHost: d\r\nfoo\r\n\r\n',
  'two lengths that differ': create('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'),
  'a length that is none': create('Content-Length: x\r\n', '{}'),
  'a negative length': create('Content-Length: -1\r\n', '{}'),
  'a body in chunks': create('Transfer-Encoding: chunked\r\n', '1\r\n{\r\n1;x=y\r\n}\r\n0\r\nT: x\r\n\r\n') + last,
  'a chunk that is none': create('Transfer-Encoding: chunked\r\nConnection: close\r\n', 'zz\r\n{}\r\n0\r\n\r\n'),
  'an unknown coding': create('Transfer-Encoding: foo\r\n', '{}'),
  '100-continue': create('Expect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n', 'x'),
  'another expectation': create('Expect: foo\r\nContent-Length: 2\r\n', '{}'),
  'a body that nobody reads': `GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\n\r\nhello${last}`,
  'HEAD, then more': `HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n${last}`,
  'HEAD of what is not there': `HEAD /nosuch HTTP/1.1\r\nHost: d\r\n\r\n${last}`,
  'a refused attach': `POST /containers/nosuch/attach?stream=1 HTTP/1.1\r\nHost: d\r\n${upgrade}Content-Length: 0\r\n\r\n`,
  'a refused exec': `POST /exec/nosuch/start HTTP/1.1\r\nHost: d\r\n${json}${upgrade}Content-Length: 2\r\n\r\n{}${last}`,
  'attach to what ended': `POST /containers/{done}/attach?logs=1&stdout=1 HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`,
  'attach without an upgrade': 'POST /containers/{done}/attach?logs=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n',
  'attach of old': `POST /v1.41/containers/{done}/attach?logs=1&stdout=1 HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`,
  'a WebSocket of old':
    'GET /containers/{run}/attach/ws HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'the log over a WebSocket':
    'GET /containers/{done}/attach/ws?logs=1&stdout=1 HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'the log over a WebSocket of old':
    'GET /v1.27/containers/{done}/attach/ws?logs=1&stdout=1 HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
};

/** All that comes back, but for the order of header fields and the fields that name the engine or the time. */
export function converse(socket: string, bytes: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const client = connect({ path: socket, allowHalfOpen: true });
    const pieces: Buffer[] = [];
    const timer = setTimeout(() => client.destroy(new Error(`still open: ${Buffer.concat(pieces)}`)), 10_000);
    client.on('data', (piece: Buffer) => pieces.push(piece));
    client.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? client.destroy() : reject(error),
    );
    client.on('end', () => client.end());
    client.on('close', () => {
      clearTimeout(timer);
      resolve(answersIn(Buffer.concat(pieces).toString('latin1')));
    });
    client.write(bytes, 'latin1');
  });
}

function answersIn(text: string): string[] {
  return text
    .split(/(?=HTTP\/1\.[01] \d{3})/)
    .filter((answer) => answer !== '')
    .map((answer) => {
      const [head = '', ...body] = answer.split('\r\n\r\n');
      const [status = '', ...fields] = head.split('\r\n');
      const kept = fields.filter((field) => !/^(date|server|builder-version|x-content|content-length):/i.test(field));
      return [status, ...kept.toSorted(), '', body.join('\r\n\r\n').replace(/\b[0-9a-f]{64}\b/g, '<id>')].join('\n');
    });
}
