import { expect, test } from 'bun:test';
import { dial } from '../testing/raw.ts';
import { path, rooms, useServer } from '../testing/served.ts';
import { encodeFrame, opcodes } from './frames.ts';

useServer();

/** Sends one message to the container and collects all that comes back until the connection is closed. */
function converse(target: string, text: string): Promise<{ heard: string; kind: string; code: number }> {
  const socket = new WebSocket(`ws+unix://${path}:${target}`);
  socket.binaryType = 'nodebuffer';
  const all = { heard: '', kind: '' };
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(text));
    socket.addEventListener('message', ({ data }) => {
      all.kind = typeof data;
      all.heard += data.toString();
      if (all.heard === text) socket.close(1000);
    });
    socket.addEventListener('error', (event) => reject(new Error(event.type)));
    socket.addEventListener('close', ({ code }) => resolve({ ...all, code }));
  });
}

test('what is sent over a WebSocket reaches the container, and its output comes back without heads', async () => {
  const all = { stdin: true, stdout: true, stderr: true, stream: true, logs: false };
  const answer = await converse('/containers/box/attach/ws?stream=1&stdin=1&stdout=1&stderr=1', 'hello');
  expect(answer).toEqual({ heard: 'hello', kind: 'object', code: 1000 });
  const old = await converse('/v1.27/containers/box/attach/ws?stream=1', 'hello');
  expect(old).toEqual({ heard: 'hello', kind: 'string', code: 1000 });
  expect(rooms.calls).toEqual([
    ['attach', 'box', all],
    ['attach', 'box', all],
  ]);
});

const handshake = (target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

test('what is no container, and what is no WebSocket', async () => {
  expect((await fetch('http://d/containers/nosuch/attach/ws', { unix: path })).status).toBe(404);
  const client = await dial(path);
  client.send('GET /containers/box/attach/ws HTTP/1.1\r\nHost: d\r\n\r\n');
  expect(await client.closed()).toBe('HTTP/1.1 400 Bad Request\r\n\r\nnot websocket protocol');
});

test('a frame that no client may send ends the connection with status 1002', async () => {
  const client = await dial(path);
  client.send(handshake('/containers/box/attach/ws?stream=1&stdin=1&stdout=1'));
  await client.until('\r\n\r\n');
  client.send(encodeFrame(opcodes.text, Buffer.from('not masked')));
  expect(await client.closed()).toEndWith('\x88\x02\x03\xea');
});

test('a client that ends its half without a close frame still hears the rest', async () => {
  const client = await dial(path);
  client.send(handshake('/containers/box/attach/ws?stream=1&stdin=1&stdout=1'));
  await client.until('\r\n\r\n');
  client.end();
  expect(await client.closed()).toEndWith('\x82\x03bye\x88\x02\x03\xe8');
});
