import { afterAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenUnix, openDirectory, syscall, trySyscall, unixAddress } from '../../src/host/index.ts';
import { run, until } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-systemd-'));
afterAll(() => rmSync(directory, { recursive: true }));

const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const bridge = `tugsd${process.pid % 10_000}`;

/** Where systemd listens to its services. */
function notifySocket(path: string): { fd: number; heard: () => string[] } {
  const fd = syscall('socket', 1, SOCK_DGRAM, 0);
  const address = unixAddress(path);
  syscall('bind', fd, address, address.length);
  const messages: string[] = [];
  return {
    fd,
    heard() {
      const bytes = Buffer.alloc(256);
      for (;;) {
        const length = trySyscall('recvfrom', fd, bytes, bytes.length, MSG_DONTWAIT, 0, 0);
        if (length < 0) return messages;
        messages.push(bytes.toString('utf8', 0, length));
      }
    },
  };
}

test('an engine on sockets of systemd serves them, says how it stands, and lets no other program think they are its own', async () => {
  const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
  const [socket, log] = [join(directory, 'api.sock'), join(directory, 'log')];
  const directoryFd = openDirectory(directory);
  const listening = listenUnix(directoryFd, 'api.sock');
  const notify = notifySocket(join(directory, 'notify'));
  // systemd names the process that the sockets are for.
  const asService = ['-c', 'export LISTEN_PID=$$; exec "$0" "$@"', program, 'daemon', '-H', 'fd://'];
  const roots = ['data-root=d', 'exec-root=e', 'pidfile=p'].map((flag) => `--${flag.replace('=', `=${directory}/`)}`);
  const output = openSync(log, 'a');
  const daemon = spawn('sh', [...asService, ...roots, `--bridge=${bridge}`, '--bip=10.249.7.1/24'], {
    stdio: ['ignore', output, output, listening],
    env: { ...process.env, LISTEN_FDS: '1', NOTIFY_SOCKET: join(directory, 'notify') },
  });
  closeSync(output);
  try {
    await until(`READY\n${readFileSync(log, 'utf8')}`, () => notify.heard().includes('READY=1'));
    const answer = await fetch('http://tug/_ping', { unix: socket });
    expect(await answer.text()).toBe('OK');
    daemon.kill('SIGHUP');
    await until('the reload is over', () => notify.heard().filter((text) => text === 'READY=1').length === 2);
    expect(notify.heard()[1]).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    daemon.kill('SIGTERM');
    await until('it has ended', () => daemon.exitCode !== null);
    expect(notify.heard().at(-1)).toBe('STOPPING=1');
    expect(daemon.exitCode).toBe(0);
    // Who holds the socket goes on holding it: systemd starts the engine again when somebody calls.
    expect(readFileSync('/proc/net/unix', 'utf8')).toContain('api.sock');
  } finally {
    daemon.kill('SIGKILL');
    for (const fd of [listening, notify.fd, directoryFd]) closeSync(fd);
    await run(['ip', 'link', 'delete', bridge]);
    const { stdout } = await run(['nft', 'list', 'tables']);
    for (const line of stdout.split('\n').filter((line) => line.includes(bridge))) {
      await run(['nft', 'delete', ...line.split(' ')]);
    }
  }
});

test('without such sockets fd:// is refused', async () => {
  const program = process.env.TUG_EXECUTABLE ?? join(import.meta.dirname, '../../dist/tug');
  const roots = ['data-root=d', 'exec-root=e', 'pidfile=p'].map((flag) => `--${flag.replace('=', `=${directory}/`)}`);
  const result = await run([program, 'daemon', '-H', 'fd://', ...roots, `--bridge=${bridge}`, '--bip=10.249.7.1/24']);
  await run(['ip', 'link', 'delete', bridge]);
  await run(['nft', 'delete', 'table', 'inet', `tug_${bridge}`]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(
    'no sockets found via socket activation: make sure the service was started by systemd',
  );
});

test('an installation has the executable, and units that start it', async () => {
  const place = join(directory, 'installed');
  const script = join(import.meta.dirname, '../../tools/install.sh');
  const result = await run([script], { env: { DESTDIR: place, PREFIX: '/opt/tug' } });
  expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  const unit = (name: string) => readFileSync(join(place, 'opt/tug/lib/systemd/system', name), 'utf8');
  expect(unit('tug.service')).toContain('\nExecStart=/opt/tug/bin/tug daemon -H fd://\n');
  expect(unit('tug.service')).toContain('\nKillMode=process\n');
  expect(unit('tug.socket')).toContain('\nListenStream=/run/tug/tug.sock\n');
  expect(unit('tug-docker.socket')).toContain('\nService=tug.service\n');
  expect(statSync(join(place, 'opt/tug/bin/tug')).mode & 0o777).toBe(0o755);
});
