import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './command.ts';
import { freePort } from './engine.ts';

/** Debian's registry on a port of this machine, with a directory of its own. */
export interface DockerRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  close(): Promise<void>;
}

/** Undefined where the package docker-registry is not installed. */
export async function startDockerRegistry(): Promise<DockerRegistry | undefined> {
  if (Bun.which('docker-registry') === null) {
    console.log('tests with a registry are skipped: docker-registry is not installed');
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), 'tug-docker-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: directory }, delete: { enabled: true } },
    http: { addr: host, secret: 'of this test' },
  };
  const file = join(directory, 'config.yml');
  writeFileSync(file, JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  await until('the registry answers', async () => {
    try {
      return (await fetch(`http://${host}/v2/`)).ok;
    } catch {
      return false; // not listening yet
    }
  });
  return {
    host,
    async close() {
      child.kill();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
