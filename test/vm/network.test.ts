// What this kernel's network has and smaller ones lack: SCTP, ipvlan.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run, until } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tug-vm-network-'));
const peer = join(directory, 'sctp');

/** `sctp listen PORT` answers each association with "hello", `sctp ask ADDRESS PORT` prints what it is told. */
const program = `
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int count, char **words) {
  int asking = count == 4, fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(words[count - 1])) };
  char said[64] = "";
  if (fd < 0) return perror("socket"), 1;
  if (asking) {
    inet_pton(AF_INET, words[2], &at.sin_addr);
    if (connect(fd, (void *)&at, sizeof at)) return perror("connect"), 1;
    if (read(fd, said, sizeof said - 1) < 0) return perror("read"), 1;
    return puts(said), 0;
  }
  if (bind(fd, (void *)&at, sizeof at) || listen(fd, 5)) return perror("listen"), 1;
  for (;;) {
    int one = accept(fd, 0, 0);
    if (one < 0) return perror("accept"), 1;
    if (write(one, "hello", 5) != 5) perror("write");
    close(one);
  }
}`;

beforeAll(async () => {
  writeFileSync(`${peer}.c`, program);
  await must(['cc', '-O1', '-static', '-o', peer, `${peer}.c`]);
  await must(['modprobe', '-a', 'sctp', 'dummy', 'ipvlan']);
  engine = await startEngine();
  await engine.withBusybox();
}, 120_000);

afterAll(async () => {
  rmSync(directory, { recursive: true });
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

test('an SCTP port is published, found busy by the next, and free once its container is gone', async () => {
  const options = ['-v', `${peer}:/sctp`, '-p', '3868:3868/sctp', 'busybox', '/sctp', 'listen', '3868'];
  expect((await engine.tug(['run', '-d', '--name', 'diameter', ...options])).stderr).toBe('');
  expect((await engine.tug(['port', 'diameter'])).stdout).toContain('3868/sctp -> 0.0.0.0:3868');
  const host = (
    await engine.tug(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bridge'])
  ).stdout.trim();
  for (const address of ['127.0.0.1', host]) {
    const answer = await until(`${address} answers`, async () => (await run([peer, 'ask', address, '3868'])).stdout);
    expect([address, answer]).toEqual([address, 'hello\n']);
  }
  const asking = ['run', '--rm', '-v', `${peer}:/sctp`, 'busybox', '/sctp', 'ask', host, '3868'];
  expect((await engine.tug(asking)).stdout).toBe('hello\n');
  const second = await engine.tug(['run', '-d', '--name', 'second', ...options]);
  expect([second.code, second.stderr]).toEqual([125, expect.stringContaining('port is already allocated')]);
  await engine.tug(['rm', '-f', 'diameter', 'second']);
  expect((await engine.tug(['run', '-d', '--name', 'third', ...options])).code).toBe(0);
  await engine.tug(['rm', '-f', 'third']);
});

for (const mode of ['l2', 'l3']) {
  test(`containers of an ipvlan network reach one another by name (${mode})`, async () => {
    await must(['ip', 'link', 'add', 'tugdummy', 'type', 'dummy']);
    await must(['ip', 'link', 'set', 'tugdummy', 'up']);
    try {
      const options = [
        '-d',
        'ipvlan',
        '-o',
        'parent=tugdummy',
        '-o',
        `ipvlan_mode=${mode}`,
        '--subnet',
        '10.199.7.0/24',
      ];
      expect((await engine.tug(['network', 'create', ...options, 'flat'])).stderr).toBe('');
      for (const name of ['one', 'two'])
        await engine.tug(['run', '-d', '--name', name, '--network', 'flat', 'busybox', 'sleep', '1000']);
      const pinged = await engine.tug(['exec', 'one', 'ping', '-c', '1', '-W', '5', 'two']);
      expect([pinged.stderr, pinged.stdout]).toEqual(['', expect.stringContaining('1 packets received')]);
      const { stdout: pid } = await engine.tug(['inspect', '-f', '{{.State.Pid}}', 'one']);
      expect(await must(['nsenter', '-t', pid.trim(), '-n', 'ip', '-d', 'link', 'show', 'eth0'])).toContain(
        `ipvlan  mode ${mode}`,
      );
      await engine.tug(['rm', '-f', 'one', 'two']);
      expect((await engine.tug(['network', 'rm', 'flat'])).code).toBe(0);
    } finally {
      await engine.tug(['rm', '-f', 'one', 'two']);
      await engine.tug(['network', 'rm', 'flat']);
      await run(['ip', 'link', 'delete', 'tugdummy']);
    }
  });
}
