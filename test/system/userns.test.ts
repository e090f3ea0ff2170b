// Containers whose ids are others on the host: a range for all of them (userns-remap), one of their own (auto), or the host's.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runProgram } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const first = 700_000;

beforeAll(async () => {
  engine = await startEngine({
    args: ['--userns-remap=nobody:nogroup'],
    hostFiles: {
      '/etc/subuid': `nobody:${first}:1000\nother:1:2\nnobody:${first + 5000}:64536\n`,
      '/etc/subgid': `nogroup:${first}:65536\n`,
    },
  });
  // A runtime of others looks for the root by its path.
  chmodSync(engine.directory, 0o711);
  await engine.withBusybox();
});

afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 180_000);

const tug = async (...args: string[]) => {
  const { code, stdout, stderr } = await engine.tug(args);
  return code === 0 ? stdout : `${code}: ${stdout}${stderr}`;
};
const run = (...args: string[]) => tug('run', '--rm', ...args);
const sh = (script: string) => ['busybox', 'sh', '-c', script];
const owner = (path: string) => {
  const { uid, gid } = statSync(path);
  return `${uid}:${gid}`;
};
const upperOf = async (name: string) => (await tug('inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', name)).trim();

test('ids are others outside, and the container’s own within: image, writable layer, copy-up, exec, kernel files', async () => {
  const script = 'touch /made; chown 7:8 /made; chown 33 /bin/busybox; echo made >>/etc/hosts; sleep 1000';
  await tug('run', '-d', '--name', 'remapped', ...sh(script));
  const look =
    'cat /proc/self/uid_map; stat -c "%u:%g %n" / /bin /made /bin/busybox /etc/hosts /etc/resolv.conf; id -u';
  const seen = await tug('exec', 'remapped', 'sh', '-c', `until grep -q ^made /etc/hosts; do :; done; ${look}`);
  expect(seen.replaceAll(/ +/g, ' ')).toBe(
    [
      ` 0 ${first} 1000`,
      ` 1000 ${first + 5000} 64536`,
      '0:0 /',
      '0:0 /bin',
      '7:8 /made',
      '33:0 /bin/busybox',
      '0:0 /etc/hosts',
      '0:0 /etc/resolv.conf',
      '0\n',
    ].join('\n'),
  );
  const upper = await upperOf('remapped');
  expect(owner(upper)).toBe(`${first}:${first}`);
  expect(owner(join(upper, 'made'))).toBe(`${first + 7}:${first + 8}`);
  expect(owner(join(upper, 'bin/busybox'))).toBe(`${first + 33}:${first}`);
  const pid = (await tug('inspect', '-f', '{{.State.Pid}}', 'remapped')).trim();
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`Uid:\t${first}\t${first}\t${first}\t${first}`);
  await tug('rm', '-f', 'remapped');
}, 30_000);

test('with all its capabilities it has no power over what is the host’s', async () => {
  const script = 'cat /host/secret; echo x >/host/new; mknod /dev/sdx b 8 0; mount -t tmpfs t /mnt; chown 99999 /tmp';
  const host = join(engine.directory, 'host');
  mkdirSync(host, { mode: 0o755 });
  writeFileSync(join(host, 'secret'), 'secret', { mode: 0o600 });
  const { stderr } = await engine.tug(['run', '--rm', '--cap-add=ALL', '-v', `${host}:/host`, ...sh(script)]);
  expect(stderr).toMatch(/secret': Permission denied/);
  expect(stderr).toMatch(/can't create \/host\/new: Permission denied/);
  expect(stderr).toMatch(/mknod: \/dev\/sdx: Operation not permitted/);
  expect(stderr).toMatch(/chown: \/tmp: Invalid argument/);
  // The weakened one: the same, with the host's ids.
  const weak = await engine.tug([
    'run',
    '--rm',
    '--userns=host',
    '--cap-add=ALL',
    '-v',
    `${host}:/host`,
    ...sh(script),
  ]);
  expect(weak.stdout).toBe('secret');
  expect(readdirSync(host)).toContain('new');
});

test('what is copied, exported, compared and committed has the container’s own ids', async () => {
  await tug('create', '--name', 'copied', ...sh('stat -c "%u:%g" /in/f; touch /made; chown 5:6 /made'));
  const tar = join(engine.directory, 'in.tar');
  await runProgram(['tar', '--owner=20', '--group=30', '-C', engine.directory, '-cf', tar, 'host/secret']);
  const put = (path: string) =>
    fetch(`http://tug/containers/copied/archive?path=${path}`, {
      unix: engine.socket,
      method: 'PUT',
      body: readFileSync(tar),
    });
  expect((await put('/')).status).toBe(200);
  const upper = await upperOf('copied');
  expect(owner(join(upper, 'host/secret'))).toBe(`${first + 20}:${first + 30}`);
  expect(owner(join(upper, 'host'))).toBe(`${first}:${first}`);
  await tug('start', '-a', 'copied');
  const listed = async (path: string) => {
    const response = await fetch(`http://tug${path}`, { unix: engine.socket });
    const file = join(engine.directory, 'out.tar');
    writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
    const { stdout } = await runProgram(['tar', '--numeric-owner', '-tvf', file]);
    return stdout;
  };
  expect(await listed('/containers/copied/archive?path=/made')).toMatch(/ 5\/6 .* made/);
  const exported = await listed('/containers/copied/export');
  expect(exported).toMatch(/ 20\/30 .* host\/secret/);
  expect(exported).toMatch(/ 5\/6 .* made/);
  expect(exported).toMatch(/ 0\/0 .* bin\/busybox/);
  expect((await tug('diff', 'copied')).split('\n')).toEqual(['A /host', 'A /host/secret', 'A /made', '']);
  await tug('commit', 'copied', 'remapped:1');
  expect(await run('--userns=host', 'remapped:1', 'stat', '-c', '%u:%g', '/made')).toBe('5:6\n');
  expect(await run('remapped:1', 'stat', '-c', '%u:%g', '/made')).toBe('5:6\n');
  await tug('rm', 'copied');
  await tug('rmi', 'remapped:1');
}, 30_000);

test('a volume has one owner for all containers, whichever ids they have', async () => {
  await run('-v', 'shared:/tmp', ...sh('echo one >/tmp/one; chown 3:4 /tmp/one'));
  const look = sh('stat -c "%u:%g %a" /v /v/one; echo more >>/v/one && cat /v/one');
  const seen = '0:0 1777\n3:4 644\none\nmore\n';
  expect(await run('-v', 'shared:/v', ...look)).toBe(seen);
  expect(await run('--userns=auto', '-v', 'shared:/v', ...look)).toBe(`${seen}more\n`);
  expect(await run('--userns=host', '-v', 'shared:/v', ...look)).toBe(`${seen}more\nmore\n`);
  await tug('create', '--name', 'holds', '-v', 'shared:/v', 'busybox');
  expect(await runTar('/containers/holds/archive?path=/v/one')).toMatch(/ 3\/4 .* one/);
  await tug('rm', 'holds');
  await tug('volume', 'rm', 'shared');
}, 30_000);

async function runTar(path: string): Promise<string> {
  const response = await fetch(`http://tug${path}`, { unix: engine.socket });
  const file = join(engine.directory, 'one.tar');
  writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
  return (await runProgram(['tar', '--numeric-owner', '-tvf', file])).stdout;
}

test('ranges of their own overlap with nobody’s; namespaces are shared with whom the ids are', async () => {
  for (const name of ['one', 'two'])
    await tug('run', '-d', '--userns=auto', '--name', name, 'busybox', 'sleep', '1000');
  await tug('run', '-d', '--userns=auto:size=100', '--name', 'small', 'busybox', 'sleep', '1000');
  const map = async (name: string) =>
    (await tug('exec', name, 'cat', '/proc/self/uid_map')).trim().split(/ +/).map(Number);
  const [one, two, small] = [await map('one'), await map('two'), await map('small')];
  expect([one, two].map(([inside, , size]) => [inside, size])).toEqual([
    [0, 65_536],
    [0, 65_536],
  ]);
  expect(small?.[2]).toBe(100);
  expect(new Set([one, two, small].map((range) => range?.[1])).size).toBe(3);
  expect(Math.min(...[one, two, small].map((range) => range?.[1] ?? 0))).toBeGreaterThanOrEqual(0x80000);
  const net = await run('--userns=auto', '--net=container:one', 'busybox', 'sh', '-c', 'readlink /proc/self/ns/user');
  expect(net).toBe(await tug('exec', 'one', 'readlink', '/proc/self/ns/user'));
  const { stderr } = await engine.tug(['run', '--rm', '--net=container:one', 'busybox']);
  expect(stderr).toMatch(/cannot share namespaces with container [0-9a-f]{64}, whose user namespace is another/);
  await tug('rm', '-f', 'one', 'two', 'small');
}, 180_000);

test('limits and a terminal', async () => {
  const script = 'ulimit -n; cat /proc/self/oom_score_adj; tty; stat -c %u:%g /dev/pts/0';
  const out = await run('-t', '--ulimit=nofile=100:200', '--oom-score-adj=500', '--user=9', ...sh(script));
  expect(out.split('\r\n')).toEqual(['100', '500', '/dev/pts/0', '9:5', '']);
});

test('what no user namespace can have is refused in Docker’s words', async () => {
  const refusal = async (...args: string[]) => (await engine.tug(['create', ...args, 'busybox'])).stderr.split('\n')[0];
  expect(await refusal('--privileged')).toBe(
    'Error response from daemon: privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
  );
  expect(await refusal('--net=host')).toBe(
    "Error response from daemon: cannot share the host's network namespace when user namespaces are enabled",
  );
  expect(await refusal('--pid=host')).toBe(
    'Error response from daemon: cannot share the host PID namespace when user namespaces are enabled',
  );
  expect(await run('--userns=host', '--privileged', '--net=host', '--pid=host', ...sh('id -u'))).toBe('0\n');
  expect(await tug('info', '-f', '{{.SecurityOptions}}')).toContain('name=userns');
});
