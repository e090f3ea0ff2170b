// `make test-vm`: the system tests in a machine of their own, with cgroup v2 alone and the kernel of Debian 12.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from '../support/command.ts';
import { debianTar } from '../support/debian.ts';
import { mark, type Outcome, type Plan } from './plan.ts';
import { chosenFiles, fetched, inPart, omitted, withSelinux } from './suite.ts';

const root = join(import.meta.dirname, '../..');
const made = join(root, '.cache/vm');
const work = mkdtempSync(join(tmpdir(), 'tug-vm-'));
const asked = process.env.TUG_VM_TESTS ?? '';
const files = chosenFiles(root, asked);
/** How many times slower the machine is taken to be. */
const slowness = Number(process.env.TUG_VM_SLOWNESS ?? 8);
const { TUG_VM_PATTERN: pattern, TUG_VM_COMMAND: command, TUG_VM_SECURITY: everywhere } = process.env;
const securities = ['apparmor', 'selinux'] as const;
const needsSelinux = (file: string) => (everywhere ? everywhere === 'selinux' : withSelinux.includes(file));
const plan: Plan = {
  files: command === undefined ? files.filter((file) => !needsSelinux(file)) : [],
  selinux: command === undefined ? files.filter(needsSelinux) : [],
  slowness,
  patience: Number(process.env.TUG_VM_PATIENCE ?? 900),
  // Who asks for files by name gets the whole of them.
  patterns: asked === '' ? inPart : {},
  ...(pattern === undefined ? {} : { pattern }),
  ...(command === undefined ? {} : { command }),
};

await must([join(import.meta.dirname, 'make-machine.sh'), made], { timeout: 1_200_000 });
const outcomes: Outcome[] = [];
writeFileSync(join(made, 'console.log'), '');
try {
  await makeTree();
  for (const security of securities) if (isWanted(security)) outcomes.push(...(await boot(security)));
} finally {
  rmSync(work, { recursive: true });
}
if (command === undefined) report(outcomes);

/** Whether something is to be done with that part of the kernel. */
function isWanted(security: (typeof securities)[number]): boolean {
  if (command !== undefined) return security === (everywhere ?? 'apparmor');
  return (security === 'selinux' ? plan.selinux : plan.files).length > 0;
}

/** The second disk: this tree with what its tests need of its packages. */
async function makeTree(): Promise<void> {
  const tree = join(work, 'tree');
  for (const name of ['src', 'test', 'native', 'dist', 'docs', 'tools', 'packaging', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(tree, name), { recursive: true });
  for (const name of ['bun', '@oven', '.bin'])
    cpSync(join(root, 'node_modules', name), join(tree, 'node_modules', name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  for (const file of [...plan.files, ...plan.selinux]) allowTime(join(tree, file));
  mkdirSync(join(tree, '.cache'));
  await bringAlong(tree);
  writeFileSync(join(tree, 'plan.json'), JSON.stringify(plan));
  await must(['mke2fs', '-q', '-t', 'ext4', '-d', tree, join(work, 'tree.ext4'), '4G'], { timeout: 300_000 });
  rmSync(tree, { recursive: true });
}

/** What tests use of the machine they are started on, or fetch there, and this one has no network to fetch. */
async function bringAlong(tree: string): Promise<void> {
  mkdirSync(join(tree, 'bin'));
  const docker = Bun.which('docker');
  if (docker) cpSync(docker, join(tree, 'bin/docker'), { dereference: true });
  const peers = process.env.PEER_DIR ?? '/var/tmp/tug-peers';
  mkdirSync(join(tree, 'peers'));
  const wanted = files.flatMap((file) => fetched[file] ?? []);
  for (const { script } of wanted) if (script) await must([join(root, 'test/peers', script)], { timeout: 600_000 });
  const directories = new Set(wanted.flatMap((one) => one.directories).map((name) => join(peers, name)));
  for (const from of [...directories].filter(existsSync))
    await must(['cp', '-ax', from, join(tree, 'peers')], { timeout: 300_000 });
  if (files.includes('test/system/nested.test.ts')) cpSync(await debianTar(), join(tree, '.cache/debian-bookworm.tar'));
}

/** The time limits that tests set themselves are made for a machine that is not emulated. */
function allowTime(file: string): void {
  const longer = readFileSync(file, 'utf8').replaceAll(
    /(\}, |^ +|^\S.*\), |^setDefaultTimeout\()(\d+)_000(,?\n? *\);)/gm,
    (_, before: string, seconds: string, after: string) => `${before}${Number(seconds) * slowness}_000${after}`,
  );
  writeFileSync(file, longer);
}

/** Runs the machine to its end; what it said stands in .cache/vm/console.log. */
async function boot(security: (typeof securities)[number]): Promise<Outcome[]> {
  const disk = (path: string) => ['-drive', `file=${path},if=virtio,format=raw,snapshot=on,cache=unsafe`];
  // Its clock is the processor's, which costs no way out of the emulation, and it guards against no neighbours.
  const cheap = 'tsc=reliable mitigations=off audit=0 nowatchdog';
  const append = `console=ttyS0 quiet panic=-1 cgroup_no_v1=all ${security}=1 security=${security} ${cheap}`;
  const machineArguments = [
    ...'-M pc -accel tcg -cpu max,la57=off -smp 2 -m 1536 -nodefaults -nographic -no-reboot -serial stdio'.split(' '),
    '-kernel',
    join(made, 'kernel'),
    '-initrd',
    join(made, 'initrd'),
    '-append',
    append,
    ...disk(join(made, 'root.ext4')),
    ...disk(join(work, 'tree.ext4')),
  ];
  const machine = spawn('qemu-system-x86_64', machineArguments, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: work },
  });
  const ended = once(machine, 'exit');
  const limit = setTimeout(
    () => machine.kill('SIGKILL'),
    Number(process.env.TUG_VM_LIMIT ?? (asked === 'all' ? 14_400 : 3600)) * 1000,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => machine.kill('SIGKILL'));
  const log = createWriteStream(join(made, 'console.log'), { flags: 'a' });
  const outcomes: Outcome[] = [];
  for await (const line of createInterface({ input: machine.stdout as NodeJS.ReadableStream })) {
    log.write(`${line}\n`);
    if (line.startsWith(mark)) outcomes.push(JSON.parse(line.slice(mark.length)) as Outcome);
    else console.log(line);
  }
  clearTimeout(limit);
  log.end();
  await ended;
  return outcomes;
}

function report(outcomes: Outcome[]): void {
  for (const file of files) {
    const outcome = outcomes.find((one) => one.file === file);
    if (!outcome)
      outcomes.push({ file, passed: 0, failed: 1, skipped: 0, seconds: 0, failures: ['did not run'], skips: [] });
  }
  console.log('');
  for (const { file, passed, failed, skipped, seconds } of outcomes)
    console.log(`${file}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`);
  for (const [file, only] of Object.entries(plan.patterns)) console.log(`in part: ${file}: only ${only}`);
  for (const [file, reason] of Object.entries(omitted)) console.log(`left out: ${file}: ${reason}`);
  for (const { file, skips } of outcomes) for (const name of skips) console.log(`skipped: ${file}: ${name}`);
  for (const { file, failures } of outcomes) for (const name of failures) console.log(`failed: ${file}: ${name}`);
  const sum = (key: 'passed' | 'failed' | 'skipped') => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}
