import { createPrivateKey, sign } from 'node:crypto';
import { integer, reader, text } from './wire.ts';

type JsonWebKey = Partial<Record<'kty' | 'crv' | 'd' | 'x' | 'y' | 'n' | 'e' | 'p' | 'q' | 'dp' | 'dq' | 'qi', string>>;

/** A private key as an agent has it. */
export interface AgentKey {
  /** The public key. */
  blob: Buffer;
  /** A signature as the protocol has it; `flags` say which hash an RSA key is wanted with. */
  sign(data: Buffer, flags: number): Buffer;
}

const curves: Record<string, { name: string; hash: string }> = {
  'P-256': { name: 'nistp256', hash: 'sha256' },
  'P-384': { name: 'nistp384', hash: 'sha384' },
  'P-521': { name: 'nistp521', hash: 'sha512' },
};

/** Reads a private key: OpenSSH's own form, or PEM. One with a passphrase is refused. */
export function readKey(path: string, bytes: Uint8Array): AgentKey {
  try {
    return keyOf(jwkOf(Buffer.from(bytes).toString()));
  } catch (error) {
    throw new Error(`failed to parse ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function jwkOf(written: string): JsonWebKey {
  const own = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]*)-----END/.exec(written)?.[1];
  if (own !== undefined) return openSshKey(Buffer.from(own, 'base64'));
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(written)) throw new Error('ssh: no key found');
  if (/ENCRYPTED/.test(written)) throw new Error('ssh: this private key is passphrase protected');
  return createPrivateKey(written).export({ format: 'jwk' }) as JsonWebKey;
}

const magic = 'openssh-key-v1\0';

function openSshKey(bytes: Buffer): JsonWebKey {
  if (bytes.toString('latin1', 0, magic.length) !== magic) throw new Error('ssh: invalid openssh private key format');
  const outer = reader(bytes.subarray(magic.length));
  const cipher = outer.text().toString();
  for (const _ of ['kdf', 'its options']) outer.text();
  if (cipher !== 'none') throw new Error('ssh: this private key is passphrase protected');
  if (outer.number() !== 1) throw new Error('ssh: multi-key files are not supported');
  outer.text();
  const inner = reader(outer.text());
  const [check, again] = [inner.number(), inner.number()];
  if (check !== again) throw new Error('ssh: malformed OpenSSH key');
  const type = inner.text().toString();
  if (type === 'ssh-ed25519') {
    const x = inner.text();
    return { kty: 'OKP', crv: 'Ed25519', x: base64(x), d: base64(inner.text().subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') return rsaKey(inner);
  const name = inner.text().toString();
  const curve = Object.keys(curves).find((one) => type === `ecdsa-sha2-${name}` && curves[one]?.name === name);
  if (curve === undefined) throw new Error(`ssh: unhandled key type ${type}`);
  const point = inner.text().subarray(1);
  const half = point.length / 2;
  const d = padded(inner.text(), half);
  return { kty: 'EC', crv: curve, x: base64(point.subarray(0, half)), y: base64(point.subarray(half)), d: base64(d) };
}

function rsaKey(inner: ReturnType<typeof reader>): JsonWebKey {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => inner.text()) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const rest = (prime: Buffer): string => base64(bytesOf(bigOf(d) % (bigOf(prime) - 1n)));
  const [plainN, plainP, plainQ] = [n, p, q].map((one) => base64(bytesOf(bigOf(one)))) as [string, string, string];
  return {
    kty: 'RSA',
    n: plainN,
    e: base64(bytesOf(bigOf(e))),
    d: base64(bytesOf(bigOf(d))),
    p: plainP,
    q: plainQ,
    dp: rest(p),
    dq: rest(q),
    qi: base64(bytesOf(bigOf(qi))),
  };
}

function keyOf(jwk: JsonWebKey): AgentKey {
  const key = createPrivateKey({ key: jwk as Record<string, string>, format: 'jwk' });
  const part = (name: 'n' | 'e' | 'x' | 'y'): Buffer => Buffer.from(jwk[name] ?? '', 'base64url');
  if (jwk.kty === 'OKP') {
    const blob = Buffer.concat([text('ssh-ed25519'), text(part('x'))]);
    return { blob, sign: (data) => Buffer.concat([text('ssh-ed25519'), text(sign(null, data, key))]) };
  }
  if (jwk.kty === 'RSA') {
    const blob = Buffer.concat([text('ssh-rsa'), integer(part('e')), integer(part('n'))]);
    return {
      blob,
      sign(data, flags) {
        const [name, hash] =
          flags & 4 ? ['rsa-sha2-512', 'sha512'] : flags & 2 ? ['rsa-sha2-256', 'sha256'] : ['ssh-rsa', 'sha1'];
        return Buffer.concat([text(name ?? ''), text(sign(hash, data, key))]);
      },
    };
  }
  const { name, hash } = curves[jwk.crv ?? ''] ?? { name: '', hash: '' };
  if (name === '') throw new Error(`ssh: unhandled elliptic curve ${jwk.crv}`);
  const point = Buffer.concat([Buffer.from([4]), part('x'), part('y')]);
  const type = `ecdsa-sha2-${name}`;
  const blob = Buffer.concat([text(type), text(name), text(point)]);
  return {
    blob,
    sign(data) {
      const both = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
      const half = both.length / 2;
      return Buffer.concat([
        text(type),
        text(Buffer.concat([integer(both.subarray(0, half)), integer(both.subarray(half))])),
      ]);
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const bigOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

function bytesOf(value: bigint): Buffer {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function padded(bytes: Buffer, length: number): Buffer {
  const plain = bytes.length > length ? bytes.subarray(bytes.length - length) : bytes;
  return Buffer.concat([Buffer.alloc(length - plain.length), plain]);
}
