// Volumes on an NFS server, which stops answering: who waits for it is the container, and nobody else.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tug-nfs-'));
const shared = join(directory, 'shared');

beforeAll(async () => {
  mkdirSync(join(shared, 'sub'), { recursive: true });
  writeFileSync(join(shared, 'greeting'), 'from the server\n');
  await must(['modprobe', '-a', 'nfsd', 'nfs', 'nfsv4']);
  await must(['mount', '-t', 'nfsd', 'nfsd', '/proc/fs/nfsd']);
  for (const file of ['nfsv4gracetime', 'nfsv4leasetime']) writeFileSync(`/proc/fs/nfsd/${file}`, '10');
  mkdirSync('/var/lib/nfs', { recursive: true });
  await must(['exportfs', '-o', 'rw,no_root_squash,insecure,fsid=0,no_subtree_check', `127.0.0.1:${shared}`]);
  await must(['rpc.mountd', '--no-nfs-version', '3']);
  await must(['rpc.nfsd', '--no-nfs-version', '3', '2']);
  engine = await startEngine();
  await engine.withBusybox();
}, 120_000);

afterAll(async () => {
  await silence(false);
  expect(await engine.dispose()).toEqual([]);
  await must(['rpc.nfsd', '0']);
  await must(['exportfs', '-au']);
  rmSync(directory, { recursive: true });
}, 120_000);

const within = (options: string[], script: string) =>
  engine.tug(['run', '--rm', ...options, 'busybox', 'sh', '-c', script]);

/** From now on the server hears nothing, or hears again. */
async function silence(on: boolean): Promise<void> {
  await run(['nft', 'delete', 'table', 'inet', 'silence']);
  if (!on) return;
  const rules =
    'table inet silence { chain in { type filter hook input priority -10; tcp dport 2049 drop; tcp sport 2049 drop; }; }';
  await must(['nft', rules]);
}

const volume = (name: string, ...options: string[]) => {
  const all = ['type=nfs', 'device=:/', ...options].flatMap((option) => ['--opt', option]);
  return engine.tug(['volume', 'create', ...all, name]);
};

test('a volume lies on the server, is shared by its containers and unmounted after the last of them', async () => {
  expect((await volume('far', 'o=addr=127.0.0.1,vers=4.2,rw')).code).toBe(0);
  const said = await within(['-v', 'far:/far'], 'cat /far/greeting; echo written >/far/sub/back; stat -f -c %T /far');
  expect([said.stdout, said.stderr]).toEqual(['from the server\nnfs\n', '']);
  expect(readFileSync(join(shared, 'sub/back'), 'utf8')).toBe('written\n');
  // The mount goes after the answer, as the last thing that an end does.
  await until('it is unmounted', () => !/ - nfs4? /.test(readFileSync('/proc/self/mountinfo', 'utf8')));
  expect((await within(['-v', 'far:/far:ro'], 'echo x >/far/refused')).stderr).toContain('Read-only file system');
  const sub = ['--mount', 'type=volume,src=far,dst=/sub,volume-subpath=sub'];
  expect((await within(sub, 'cat /sub/back')).stdout).toBe('written\n');
  expect((await engine.tug(['volume', 'rm', 'far'])).code).toBe(0);
  expect(readFileSync(join(shared, 'greeting'), 'utf8')).toBe('from the server\n');
});

test('what the server has not is told in the kernel’s words', async () => {
  await engine.tug([
    'volume',
    'create',
    '--opt',
    'type=nfs',
    '--opt',
    'device=:/nowhere',
    '--opt',
    'o=addr=127.0.0.1,vers=4',
    'lost',
  ]);
  const { code, stderr } = await within(['-v', 'lost:/x'], 'true');
  expect(code).toBe(127);
  expect(stderr).toContain('failed to mount local volume: mount :/nowhere:');
  expect(stderr).toContain('no such file or directory');
  await engine.tug(['volume', 'rm', 'lost']);
});

test('a server that is silent holds up its container alone: the engine answers, copies are given up, the container is removed', async () => {
  await volume('dead', 'o=addr=127.0.0.1,vers=4,hard,timeo=50,retrans=1');
  await engine.tug(['run', '-d', '--name', 'stuck', '-v', 'dead:/far', 'busybox', 'sleep', '1000']);
  await engine.tug(['run', '-d', '--name', 'free', 'busybox', 'sleep', '1000']);
  await silence(true);
  const copies = [
    engine.tug(['cp', 'stuck:/far/greeting', '-'], { timeout: 10_000 }),
    engine.tug(['cp', '-', 'stuck:/far/'], { timeout: 10_000, stdin: Buffer.alloc(10_240) }),
    engine.request('HEAD', '/containers/stuck/archive?path=/far/greeting'),
  ];
  for (const copy of copies) copy.catch(() => undefined);
  const reading = engine.tug(['exec', 'stuck', 'cat', '/far/sub/back'], { timeout: 10_000 });
  const begun = performance.now();
  expect((await engine.tug(['exec', 'free', 'echo', 'alive'])).stdout).toBe('alive\n');
  expect((await engine.tug(['ps', '-q'])).stdout.trim().split('\n')).toHaveLength(2);
  expect((await engine.tug(['inspect', '-s', '-f', '{{.State.Status}}', 'stuck'])).stdout).toBe('running\n');
  expect((await within([], 'echo new')).stdout).toBe('new\n');
  expect((await engine.tug(['cp', 'free:/etc/passwd', '-'])).code).toBe(0);
  expect(performance.now() - begun).toBeLessThan(60_000);
  const removed = await engine.tug(['rm', '-f', 'stuck']);
  expect([removed.code, removed.stderr]).toEqual([0, '']);
  await silence(false);
  await reading;
  await Promise.allSettled(copies);
  expect((await engine.tug(['rm', '-f', 'free'])).code).toBe(0);
  await until('the volume is free', async () => (await engine.tug(['volume', 'rm', 'dead'])).code === 0);
});
