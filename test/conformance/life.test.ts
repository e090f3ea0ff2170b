// Docker's own program does to containers of both engines what one does to those that live: every word must be the same.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Result, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';

const peer = await startPeer();
const image = 'life-conformance:1';
const committed = 'life-conformance:2';
let engine: Engine;

type Docker = (line: string) => Promise<Result>;
/** A line's words: spaces part them, `~` is a space within one. */
const words = (line: string) => line.split(' ').map((word) => word.replaceAll('~', ' '));
const onTug: Docker = (line) => engine.docker(words(line));
const onPeer: Docker = (line) => run(['docker', ...words(line)], { env: { DOCKER_HOST: `unix://${peer}` } });
const names = ['life-a', 'life-b', 'life-c', 'life-d', 'life-e', 'life-f'];

beforeAll(async () => {
  engine = await startEngine();
  const tar = await busyboxTar();
  for (const docker of peer ? [onTug, onPeer] : [onTug]) {
    await docker(`rm -f ${names.join(' ')}`);
    const made = await docker(`import ${tar} ${image}`);
    if (made.code !== 0) throw new Error(made.stderr);
  }
  rmSync(tar);
}, 120_000);

afterAll(async () => {
  if (peer) for (const line of [`rm -f ${names.join(' ')}`, `rmi ${committed} ${image}`]) await onPeer(line);
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

const lines = [
  `run -d --name life-a -l life=a ${image} sh -c while~:;do~sleep~0.1;done`,
  `create --name life-b -l life=b ${image} true`,
  // Pausing.
  'pause life-b',
  'unpause life-a',
  'pause life-a',
  'pause life-a',
  'pause life-a nosuch',
  'ps --filter name=life-a --format {{.Names}}~{{.State}}~{{.Status}}',
  'ps -aq --filter status=paused --filter label=life --format {{.Names}}',
  'inspect -f {{json~.State.Paused}}{{.State.Status}} life-a',
  'exec life-a true',
  'start life-a',
  'attach life-a',
  'rm life-a',
  'commit -p=false nosuch',
  'unpause life-a',
  'unpause life-a',
  // Renaming.
  'rename life-a life-b',
  'rename life-a life-a',
  'rename life-a a',
  'rename life-a life~x',
  'rename nosuch life-c',
  'rename life-a life-c',
  'inspect -f {{.Name}} life-c',
  'inspect -f {{.Name}} life-a',
  'rename life-c life-a',
  // Updating.
  'update life-a',
  'update nosuch --cpus 1',
  'update -m 1k life-a',
  'update -m 64m life-a',
  'update -m 64m --memory-swap 128m life-a',
  'update -m 256m life-a',
  'update -m 32m --memory-swap 16m life-a',
  'update -m 96m --memory-reservation 32m life-a',
  'update --cpus 0.5 life-a',
  'update --cpu-quota 20000 life-a',
  'update --cpus 99 life-a',
  'update --cpuset-cpus 0 life-a life-b',
  'update --cpuset-cpus 99 life-a',
  'update --cpuset-mems x life-a',
  'update --cpu-shares 300 --pids-limit 50 life-a',
  'update --pids-limit -1 life-b',
  'update --blkio-weight 300 life-a',
  'update --restart on-failure:3 life-a',
  'update --restart nosuch life-a',
  'update --restart always:3 life-b',
  'inspect -f {{.HostConfig.Memory}}~{{.HostConfig.MemorySwap}}~{{.HostConfig.MemoryReservation}}~{{.HostConfig.NanoCpus}}~{{.HostConfig.CpusetCpus}}~{{.HostConfig.CpuShares}}~{{.HostConfig.PidsLimit}}~{{.HostConfig.RestartPolicy}} life-a',
  'inspect -f {{.HostConfig.CpusetCpus}}~{{.HostConfig.PidsLimit}}~{{.HostConfig.RestartPolicy}} life-b',
  `create --name life-c --rm ${image} true`,
  'update --restart always life-c',
  // What the kernel was told.
  'exec life-a cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes',
  'exec life-a cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpuset/cpuset.cpus',
  // Looking.
  'top life-b',
  'top nosuch',
  'stats --no-stream --format {{.Name}}~{{.PIDs}} life-a life-b',
  'stats --no-stream --format {{.Container}}~{{.CPUPerc}}~{{.MemUsage}}~{{.NetIO}}~{{.BlockIO}} life-b',
  'stats --no-stream nosuch',
  'ps -a --filter label=life --filter before=life-b --format {{.Names}}',
  'ps -a --filter since=life-a --filter name=life- --format {{.Names}}',
  'ps -a --filter name=^/life-[ab]$ --format {{.Names}}',
  `ps -a --filter ancestor=${image} --format {{.Names}}`,
  `commit life-b ${committed}`,
  `create --name life-f ${committed}`,
  `ps -a --filter ancestor=${image} --format {{.Names}}`,
  `ps -a --filter ancestor=${committed} --format {{.Names}}~{{.Image}}`,
  `tag ${image} ${committed}`,
  'ps -a --filter name=life-f --format {{.Image}}',
  'rm life-f',
  'ps -a --filter volume=nosuch --filter name=life- -q',
  'ps -a --filter nosuch=x',
  'ps -a --filter exited=x',
  'ps -a --filter status=x',
  'ps -a --filter health=x',
  'ps -a --filter is-task=x',
  'ps -a --filter before=nosuch',
  'ps -a --filter publish=x',
  'ps -n 2 --filter name=life- --format {{.Names}}',
  'ps -l --filter name=life- --format {{.Names}}',
  // Ends.
  'pause life-a',
  'stop -t 0 life-a',
  'inspect -f {{.State.Status}}~{{.State.Paused}}~{{.State.ExitCode}} life-a',
  'wait life-a',
  'kill life-a',
  'stop life-a',
  'start life-a',
  'pause life-a',
  'restart -t 0 life-a',
  'inspect -f {{.State.Status}} life-a',
  'pause life-a',
  'kill life-a',
  'wait life-a',
  `run -d --name life-d ${image} nosuch`,
  'wait life-d',
  'rm life-d',
  `run --name life-d -l life=d ${image} sh -c head~-c~1000~/dev/zero~>/x`,
  'ps -a -s --filter name=life-d --format {{.Size}}',
  'inspect -s -f {{.SizeRw}} life-d',
  'container prune -f --filter label=life=d --filter label!=life',
  'container prune -f --filter label=life=d --filter until=10m',
  'container prune -f --filter until=x',
  'container prune -f --filter nosuch=x',
  'container prune -f --filter label=life=d',
  'rm -f life-a life-b life-c',
];

/** Takes out what two engines cannot have in common. */
const strip = (text: string): string =>
  text.replace(/\b[0-9a-f]{12,64}\b/g, 'ID').replace(/About a minute|Less than a second|\d+ seconds?/g, 'T');

function normal({ code, stdout, stderr }: Result): Result {
  return { code, stdout: strip(stdout), stderr: strip(stderr) };
}

test.skipIf(peer === undefined)(
  'Docker’s program sees no difference',
  async () => {
    for (const line of lines) {
      const [theirs, ours] = [await onPeer(line), await onTug(line)];
      expect({ line, ...normal(ours) }).toEqual({ line, ...normal(theirs) });
    }
  },
  240_000,
);

test('top and stats as Docker’s program shows them', async () => {
  expect((await onTug(`run -d --name life-e ${image} sleep 1000`)).code).toBe(0);
  const { stdout } = await onTug('top life-e -o pid,user,args');
  expect(stdout).toMatch(/^PID +USER +COMMAND\n\d+ +root +sleep 1000\n$/);
  expect((await onTug('top life-e')).stdout).toMatch(/^UID +PID +PPID +C +STIME +TTY +TIME +CMD\n/);
  const numbers = /^life-e \d+\.\d+% [\d.]+KiB \/ [\d.]+GiB \d+(\.\d+)?k?B \/ \d+(\.\d+)?k?B 1\n$/;
  const format = '{{.Name}}~{{.CPUPerc}}~{{.MemUsage}}~{{.NetIO}}~{{.PIDs}}';
  expect((await onTug(`stats --no-stream --format ${format} life-e`)).stdout).toMatch(numbers);
  await onTug('rm -f life-e');
}, 60_000);
