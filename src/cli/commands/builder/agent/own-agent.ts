import { Duplex } from 'node:stream';
import type { AgentKey } from './keys.ts';
import { number, reader, text } from './wire.ts';

const ask = { identities: 11, sign: 13 } as const;
const say = { failure: 5, identities: 12, signature: 14 } as const;
/** What no honest client asks in one message. */
const longest = 256 << 10;

/** An agent that has these keys, and nothing else: it lists them and signs with them. */
export function ownAgent(keys: { path: string; key: AgentKey }[]): Duplex {
  let waiting: Buffer = Buffer.alloc(0);
  const agent = new Duplex({
    read: () => undefined,
    write(bytes: Buffer, _encoding, done) {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4) {
        const length = waiting.readUInt32BE(0);
        if (length > longest) return done(new Error('ssh: a message to the agent is too long'));
        if (waiting.length < 4 + length) break;
        agent.push(text(answer(keys, waiting.subarray(4, 4 + length))));
        waiting = waiting.subarray(4 + length);
      }
      done();
    },
    final(done) {
      agent.push(null);
      done();
    },
  });
  return agent;
}

function answer(keys: { path: string; key: AgentKey }[], message: Buffer): Buffer {
  try {
    if (message[0] === ask.identities) {
      const all = keys.flatMap(({ path, key }) => [text(key.blob), text(path)]);
      return Buffer.concat([Buffer.from([say.identities]), number(keys.length), ...all]);
    }
    if (message[0] === ask.sign) {
      const asked = reader(message.subarray(1));
      const blob = asked.text();
      const found = keys.find(({ key }) => key.blob.equals(blob));
      const data = asked.text();
      if (found) return Buffer.concat([Buffer.from([say.signature]), text(found.key.sign(data, asked.number()))]);
    }
  } catch {
    // What cannot be read or signed is refused like what is not known.
  }
  return Buffer.from([say.failure]);
}
