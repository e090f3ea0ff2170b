import type { Random } from '../support/random.ts';

const json = (text: string) =>
  `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const request = (line: string, rest = '\r\n') => `${line} HTTP/1.1\r\nHost: d\r\n${rest}`;
const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const chunked = (...chunks: string[]) =>
  `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;

/** Good requests to start from; none of them makes or removes anything. */
const seeds: readonly string[] = [
  request('GET /_ping'),
  request('HEAD /_ping'),
  request('OPTIONS /v1.51/containers/json'),
  request('GET /containers/json?all=1&filters=%7B%22status%22%3A%5B%22created%22%5D%7D'),
  request('GET /v1.24/info'),
  request('GET /containers/box/json?size=1'),
  request('GET /images/json', 'Connection: close\r\n\r\n'),
  request('GET /events?until=1'),
  request('GET /events'),
  request('GET /containers/box/logs?stdout=1&follow=1'),
  request('GET /containers/box/stats?stream=1'),
  request('GET /system/df?type=volume'),
  request(
    'POST /containers/create?name=x',
    json('{"Image":"nosuch:1","Cmd":["a","\\u00e9"],"HostConfig":{"Memory":1}}'),
  ),
  request('POST /containers/create', chunked('{"Image":"nos', 'uch:1","Env":["A=b"]}')),
  request('POST /containers/create', `Expect: 100-continue\r\n${json('{"Image":"nosuch"}')}`),
  request(
    'POST /containers/nosuch/kill',
    'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nsignal=9',
  ),
  request('POST /containers/box/attach?stream=1&stdin=1&stdout=1', `${upgrade}Content-Length: 0\r\n\r\nearly bytes`),
  request('POST /containers/nosuch/attach?stream=1', `${upgrade}\r\n`),
  request('POST /containers/box/wait?condition=next-exit', 'Content-Length: 0\r\n\r\n'),
  request('POST /exec/nosuch/start', `${upgrade}${json('{"Detach":false,"Tty":true}')}`),
  request(
    'POST /images/load?quiet=1',
    'Content-Type: application/x-tar\r\nContent-Length: 512\r\n\r\n'.padEnd(600, '\0'),
  ),
  request('POST /auth', json('{"serveraddress":"foo bar"}')),
  request(
    'GET /containers/box/attach/ws?stream=1&stdout=1&stdin=1',
    `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${'\x81\x85abcd\x09\x04\x0f\x08\x0e'}`,
  ),
];

const breakers = [
  'Content-Length: 5\r\nContent-Length: 6\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Expect: 100-continue\r\n',
  'Connection: close\r\n',
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  ' folded: x\r\n',
  'X: \0\r\n',
  `X: ${'y'.repeat(70_000)}\r\n`,
  'ffffffffffffffff\r\n',
  '\r\n\r\n',
  'HTTP/1.0\r\n',
];

/** One connection's bytes: one to four requests, most of them damaged. */
export function damagedRequests(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(4) }, () =>
    damage(Buffer.from(random.pick(seeds), 'latin1'), random),
  );
  return Buffer.concat(parts);
}

function damage(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return bytes;
  if (random.chance(0.05)) return random.bytes(random.below(4000));
  let damaged = bytes;
  for (let wounds = 1 + random.below(3); wounds > 0; wounds -= 1) damaged = wound(damaged, random);
  return damaged;
}

function wound(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(40));
  const [before, cut, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, cut, cut, after]);
    case 2:
      return Buffer.concat([before, random.bytes(1 + random.below(6)), after]);
    case 3:
      return Buffer.from(before);
    default: {
      const line = bytes.indexOf('\r\n') + 2;
      return Buffer.concat([
        bytes.subarray(0, line),
        Buffer.from(random.pick(breakers), 'latin1'),
        bytes.subarray(line),
      ]);
    }
  }
}
