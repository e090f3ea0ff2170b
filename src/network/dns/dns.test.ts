import { afterEach, describe, expect, test } from 'bun:test';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { neighbourhood, parsed, place, question } from './fixture.ts';
import { createForward, createMessages, framed } from './forward.ts';
import { answer, failure, fitted, parseQuery, readAnswer } from './message.ts';
import { lookUp, lookUpAddress } from './names.ts';
import { resolve } from './resolve.ts';

const A = 1;
const PTR = 12;
const MX = 15;
const AAAA = 28;

describe('messages', () => {
  test('a query is read with its name, type and size', () => {
    expect(parseQuery(question('Web.names', A))).toMatchObject({
      id: 4711,
      recursion: true,
      name: 'Web.names',
      type: A,
      size: 512,
    });
    expect(parsed(question('web', AAAA, 1232)).size).toBe(1232);
    expect(parsed(question('web', AAAA, 9000)).size).toBe(4096);
  });

  test('what is no query is nothing', () => {
    const whole = question('web', A);
    for (let length = 0; length < whole.length; length++) expect(parseQuery(whole.subarray(0, length))).toBeUndefined();
    const response = Buffer.from(whole);
    response[2] = 0x81;
    expect(parseQuery(response)).toBeUndefined();
    const pointer = Buffer.from(whole);
    pointer[12] = 0xc0;
    expect(parseQuery(pointer)).toBeUndefined();
  });

  test('an answer has the question, and a record for each address', () => {
    const query = question('web', A);
    const bytes = answer(query, parsed(query), { addresses: ['10.0.0.2', '10.0.0.3'] });
    expect(bytes.readUInt16BE(2)).toBe(0x8580);
    expect(bytes.readUInt16BE(6)).toBe(2);
    expect(bytes.toString('hex')).toEndWith('c00c000100010000025800040a000002c00c000100010000025800040a000003');
    expect(readAnswer(bytes, query, parsed(query))).toEqual({ code: 0 });
    expect(readAnswer(bytes, question('other', A), parsed(question('other', A)))).toBeUndefined();
    expect(readAnswer(failure(query, parsed(query), 2), query, parsed(query))).toEqual({ code: 2 });
  });

  test('an answer that does not fit says so', () => {
    const query = question('web', A);
    const many = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);
    const bytes = fitted(answer(query, parsed(query), { addresses: many }), parsed(query), 512);
    expect(bytes.length).toBe(query.length);
    expect(bytes.readUInt16BE(2) & 0x200).toBe(0x200);
    expect(bytes.readUInt16BE(6)).toBe(0);
  });
});

describe('names', () => {
  const one = place('one', { front: 2, back: 2 });
  const two = place('two', { front: 3 });
  const three = place('three', { back: 4, bridge: 4 });
  const plain = place('plain', { bridge: 5 });
  const all = neighbourhood([one, two, three, plain]);

  test('a container sees who is on its networks, in any case of letters', () => {
    expect(lookUp(all, one, 'two', 4)).toEqual(['10.0.0.3']);
    expect(lookUp(all, one, 'THREE', 4)).toEqual(['10.0.0.4']);
    expect(lookUp(all, two, 'three', 4)).toBeUndefined();
    expect(lookUp(all, two, 'one', 4)).toEqual(['10.0.0.2']);
    expect(lookUp(all, two, 'one-alias', 4)).toEqual(['10.0.0.2']);
    expect(lookUp(all, two, 'one', 6)).toEqual([]);
  });

  test('with the network behind it, too', () => {
    expect(lookUp(all, one, 'one.back', 4)).toEqual(['10.0.1.2']);
    expect(lookUp(all, two, 'one.back', 4)).toBeUndefined();
  });

  test('on the default bridge by name, id and hostname', () => {
    for (const name of ['plain', 'plain0000000']) expect(lookUp(all, three, name, 4)).toEqual(['10.0.0.5']);
  });

  test('links are names of one’s own', () => {
    const linked = place('four', { front: 9 });
    linked.endpoints = linked.endpoints.map((endpoint) => ({
      ...endpoint,
      wish: { ...endpoint.wish, Links: ['two:db', 'one'] },
    }));
    expect(lookUp(all, linked, 'db', 4)).toEqual(['10.0.0.3']);
    expect(lookUp(all, one, 'db', 4)).toBeUndefined();
  });

  test('several of one name take turns', () => {
    const shared = neighbourhood([place('a', { n: 2 }, { names: ['x'] }), place('b', { n: 3 }, { names: ['x'] })]);
    const firsts = new Set(Array.from({ length: 60 }, () => lookUp(shared, place('c', { n: 4 }), 'x', 4)?.[0]));
    expect(firsts.size).toBe(2);
  });

  test('an address has the name of a neighbour', () => {
    expect(lookUpAddress(all, one, '3.0.0.10.in-addr.arpa')).toBe('two.front');
    expect(lookUpAddress(all, two, '4.0.0.10.in-addr.arpa')).toBeUndefined();
    expect(lookUpAddress(all, one, 'x.in-addr.arpa')).toBeUndefined();
  });
});

describe('what is asked outside', () => {
  const asked: string[][] = [];
  const resolving = {
    ...neighbourhood([place('one', { front: 2 })]),
    hostServers: () => ['192.0.2.1'],
    forward: async (servers: string[]) => {
      asked.push(servers);
      return undefined;
    },
  };
  const ask = async (from: ReturnType<typeof place>, name: string, type = A) => {
    asked.length = 0;
    const bytes = await resolve(resolving, from, { bytes: question(name, type), tcp: false });
    return { code: (bytes?.readUInt16BE(2) ?? 0) & 0xf, answers: bytes?.readUInt16BE(6), asked: [...asked] };
  };
  const asker = place('asker', { front: 3 });

  test('names of containers stay inside, whatever is asked of them', async () => {
    expect(await ask(asker, 'one')).toEqual({ code: 0, answers: 1, asked: [] });
    for (const type of [AAAA, MX]) expect(await ask(asker, 'one', type)).toEqual({ code: 0, answers: 0, asked: [] });
    expect((await ask(asker, '2.0.0.10.in-addr.arpa', PTR)).asked).toEqual([]);
  });

  test('others go to the user’s servers, else to the host’s', async () => {
    expect(await ask(asker, 'example.com')).toEqual({ code: 2, answers: 0, asked: [['192.0.2.1']] });
    const own = { ...asker, dns: { servers: ['192.0.2.9'], search: [], options: [] } };
    expect((await ask(own, 'example.com')).asked).toEqual([['192.0.2.9']]);
  });

  test('from an internal network only to servers that stand on it', async () => {
    const shut = place('shut', { inner: 3 });
    expect((await ask(shut, 'example.com')).asked).toEqual([[]]);
    const own = { ...shut, dns: { servers: ['192.0.2.9', '10.0.0.53'], search: [], options: [] } };
    expect((await ask(own, 'example.com')).asked).toEqual([['10.0.0.53']]);
  });

  test('who sets ndots keeps bare names inside', async () => {
    const dotted = { ...asker, dns: { servers: [], search: ['a.test'], options: ['ndots:2'] } };
    expect(await ask(dotted, 'bare')).toEqual({ code: 0, answers: 0, asked: [] });
    expect((await ask(dotted, 'bare.test')).asked).toEqual([['192.0.2.1']]);
  });
});

describe('servers outside', () => {
  const open: (Socket | Server)[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
  });
  const query = question('example.com', A);
  const asking = { bytes: query, query: parsed(query), tcp: false };
  const reply = answer(query, parsed(query), { addresses: ['192.0.2.80'] });

  /** On one port of 127.0.0.1, 127.0.0.2, …; what each says, or nothing. */
  const servers = async (...says: (Buffer | undefined)[]): Promise<{ port: number; addresses: string[] }> => {
    let port = 0;
    const addresses = says.map((_, index) => `127.0.0.${index + 1}`);
    for (const [index, address] of addresses.entries()) {
      const socket = createSocket('udp4');
      open.push(socket);
      const said = says[index];
      socket.on('message', (_bytes, from) => said && socket.send(said, from.port, from.address));
      await new Promise<void>((done) => socket.bind(port, address, done));
      port = socket.address().port;
    }
    return { port, addresses };
  };

  test('one that is silent, fails, refuses or answers something else is passed over', async () => {
    const other = question('evil.com', A);
    const wrong = answer(other, parsed(other), { addresses: ['192.0.2.66'] });
    const fails = failure(query, parsed(query), 2);
    const refuses = failure(query, parsed(query), 5);
    const { port, addresses } = await servers(undefined, fails, refuses, wrong, reply);
    const forward = createForward({ port, patience: 150 });
    expect(await forward(addresses, asking)).toEqual(reply);
    expect(await forward(addresses.slice(0, 4), asking)).toBeUndefined();
    expect(await forward([], asking)).toBeUndefined();
  });

  test('what came by TCP is asked by TCP', async () => {
    const server = createServer((socket) => {
      socket.on(
        'data',
        createMessages((bytes) => void (bytes.equals(query) && socket.write(framed(reply)))),
      );
    });
    open.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const forward = createForward({ port, patience: 1000 });
    expect(await forward(['127.0.0.1'], { ...asking, tcp: true })).toEqual(reply);
    expect(await createForward({ port: 1, patience: 300 })(['127.0.0.1'], { ...asking, tcp: true })).toBeUndefined();
  });

  test.each([false, true])('a server that no route leads to is as good as none (tcp: %p)', async (tcp) => {
    // The kernel connects to neither: a broadcast address, and one that wants a zone.
    const forward = createForward({ patience: 300 });
    expect(await forward(['255.255.255.255', 'fe80::1'], { ...asking, tcp })).toBeUndefined();
  });
});

test('a stream is cut into messages wherever it was torn', () => {
  const stream = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.alloc(0)), framed(Buffer.from('three'))]);
  for (let at = 1; at < stream.length; at++) {
    const found: string[] = [];
    const read = createMessages((message) => found.push(message.toString()));
    read(stream.subarray(0, at));
    read(stream.subarray(at));
    expect(found).toEqual(['one', '', 'three']);
  }
});
