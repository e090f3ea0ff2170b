import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from './command.ts';
import { freePort } from './engine.ts';

/** Debian's registry on a port of this machine. */
export interface DockerRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  close(): Promise<void>;
}

/**
 * Undefined where the package docker-registry is not installed. Its files are in a directory of its own, which goes with it, or in
 * `directory`, which stays. `through` is a command that runs another, such as nsenter, where it is to listen elsewhere. With `users`
 * (passwords by name) only they may use it.
 */
export async function startDockerRegistry(
  at: { directory?: string; host?: string; through?: string[]; users?: Record<string, string> } = {},
): Promise<DockerRegistry | undefined> {
  if (Bun.which('docker-registry') === null) {
    console.log('tests with a registry are skipped: docker-registry is not installed');
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), 'tug-docker-registry-'));
  const { host = `127.0.0.1:${await freePort()}`, through = [], users } = at;
  const path = join(directory, 'htpasswd');
  const hashed = (password: string) => Bun.password.hashSync(password, { algorithm: 'bcrypt', cost: 4 });
  const lines = Object.entries(users ?? {}).map(([name, password]) => `${name}:${hashed(password)}\n`);
  writeFileSync(path, lines.join(''));
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: at.directory ?? directory }, delete: { enabled: true } },
    http: { addr: host, secret: 'of this test' },
    ...(users && { auth: { htpasswd: { realm: 'of this test', path } } }),
  };
  const file = join(directory, 'config.yml');
  writeFileSync(file, JSON.stringify(config));
  const [program = '', ...args] = [...through, 'docker-registry', 'serve', file];
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const asked = [...through, 'curl', '-s', `http://${host}/v2/`];
  await until('the registry answers', async () => (await run(asked)).code === 0);
  return {
    host,
    async close() {
      child.kill();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
