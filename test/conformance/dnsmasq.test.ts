// Debian's dnsmasq as a container's own server at port 53, beside the engine's resolver.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { must, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { haveFirewalls } from '../support/firewalls.ts';

const available = await haveFirewalls();
const script = join(import.meta.dirname, '../peers/firewalls.sh');
/** The program, what it is linked with, and the users that it wants to be. */
const pack =
  'files=$(ldd /usr/sbin/dnsmasq | grep -o "/[^ ]*" | cut -c2-); tar -C / -ch usr/sbin/dnsmasq etc/passwd etc/group $files';

describe.skipIf(!available)('dnsmasq', () => {
  let engine: Engine;
  const docker = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await engine.docker(args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')} exited ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const lookUp = async (name: string, server = ''): Promise<string> =>
    (await engine.docker(['exec', 'client', 'nslookup', '-type=a', name, server].filter(Boolean))).stdout;
  const addressOf = (name: string) =>
    docker('inspect', '-f', '{{(index .NetworkSettings.Networks "names").IPAddress}}', name);

  beforeAll(async () => {
    engine = await startEngine();
    await engine.withBusybox();
    const tar = join(engine.directory, 'dnsmasq.tar');
    await must(['sh', '-c', `${script} run sh -c '${pack}' >${tar}`]);
    await docker('import', tar, 'dnsmasq');
    rmSync(tar);
    await docker('network', 'create', 'names');
    const command = [
      '--keep-in-foreground',
      '--user=root',
      '--address=/only.test/10.9.8.7',
      '--log-facility=-',
      '--pid-file=',
    ];
    await docker('run', '-d', '--name', 'server', '--network', 'names', 'dnsmasq', '/usr/sbin/dnsmasq', ...command);
    const dns = await addressOf('server');
    await docker('run', '-d', '--name', 'client', '--network', 'names', '--dns', dns, 'busybox', 'sleep', '1000');
    await until('it answers', async () => (await lookUp('only.test', dns)).includes('10.9.8.7'));
  }, 60_000);

  afterAll(async () => {
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  test('it listens at port 53 of its container, at every address', async () => {
    expect(await lookUp('only.test', await addressOf('server'))).toContain('10.9.8.7');
    const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'server');
    expect(await must(['nsenter', '-t', pid, '-n', 'ss', '-lun'])).toMatch(/0\.0\.0\.0:53\s/);
  });

  test('it asks the engine’s resolver for what it does not know: names of containers', async () => {
    expect(await lookUp('client', await addressOf('server'))).toContain(await addressOf('client'));
  });

  test('a container with --dns has its answers by way of the engine’s resolver', async () => {
    expect(await lookUp('only.test')).toContain('10.9.8.7');
    expect(await lookUp('server')).toContain(await addressOf('server'));
  });
});
