import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKey } from './keys.ts';
import { ownAgent } from './own-agent.ts';

/** Kinds of keys as ssh-keygen makes them. */
const kinds: [name: string, args: string[]][] = [
  ['ed25519', ['-t', 'ed25519']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['rsa.pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa521', ['-t', 'ecdsa', '-b', '521']],
  ['ecdsa.pkcs8', ['-t', 'ecdsa', '-b', '384', '-m', 'PKCS8']],
];

test.skipIf(Bun.which('ssh-keygen') === null)(
  'OpenSSH lists the keys of an own agent, and its signatures are good',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tug-agent-'));
    const at = (name: string) => join(directory, name);
    try {
      for (const [name, args] of kinds) spawnSync('ssh-keygen', ['-q', '-N', '', '-C', '', '-f', at(name), ...args]);
      const keys = kinds.map(([name]) => ({ path: at(name), key: readKey(at(name), readFileSync(at(name))) }));
      const server = createServer((connection) => void connection.pipe(ownAgent(keys)).pipe(connection));
      await new Promise<void>((resolve) => server.listen(at('agent'), resolve));
      const env = { ...process.env, SSH_AUTH_SOCK: at('agent') };
      const listed = await Bun.$`ssh-add -L`.env(env).text();
      const publics = kinds.map(([name]) =>
        readFileSync(at(`${name}.pub`), 'utf8')
          .split(' ')
          .slice(0, 2)
          .join(' '),
      );
      expect(
        listed
          .trim()
          .split('\n')
          .map((line) => line.split(' ').slice(0, 2).join(' ')),
      ).toEqual(publics.map((line) => line.trim()));
      writeFileSync(at('text'), 'signed');
      for (const [name] of kinds) {
        rmSync(at('text.sig'), { force: true });
        await Bun.$`ssh-keygen -Y sign -q -n file -f ${at(`${name}.pub`)} ${at('text')}`.env(env).quiet();
        writeFileSync(at('allowed'), `me ${readFileSync(at(`${name}.pub`), 'utf8')}`);
        const { exitCode } =
          await Bun.$`ssh-keygen -Y verify -n file -I me -f ${at('allowed')} -s ${at('text.sig')} < ${at('text')}`
            .env(env)
            .quiet()
            .nothrow();
        expect([name, exitCode]).toEqual([name, 0]);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

test.skipIf(Bun.which('ssh-keygen') === null)('a key with a passphrase, and what is no key, is refused', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tug-agent-'));
  try {
    const path = join(directory, 'locked');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', path]);
    expect(() => readKey(path, readFileSync(path))).toThrow('passphrase protected');
    expect(() => readKey('x', Buffer.from('no key'))).toThrow('failed to parse x');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
