// Within the machine: one test file after another, each outcome as a line of the console.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDefaultProfile } from '../../src/container/apparmor/load.ts';
import { mark, type Outcome, type Plan } from './plan.ts';

const tree = join(import.meta.dirname, '../..');
const plan = JSON.parse(readFileSync(join(tree, 'plan.json'), 'utf8')) as Plan;

if (plan.command !== undefined) spawnSync('sh', ['-c', plan.command], { cwd: tree, stdio: 'inherit' });
const selinux = existsSync('/sys/fs/selinux/enforce');
// Emulated, AppArmor's compiler takes longer than a test waits for its engine.
if (!selinux && plan.files.length > 0) await ensureDefaultProfile();
for (const file of selinux ? plan.selinux : plan.files) console.log(`${mark}${JSON.stringify(await outcomeOf(file))}`);

async function outcomeOf(file: string): Promise<Outcome> {
  const report = '/run/report.xml';
  rmSync(report, { force: true });
  const options = ['--timeout', String(60_000 * plan.slowness), '--reporter=junit', `--reporter-outfile=${report}`];
  const pattern = plan.pattern ?? plan.patterns[file];
  const only = pattern === undefined ? [] : ['-t', pattern];
  const begun = Date.now();
  const child = spawn('bun', ['test', ...options, ...only, `./${file}`], {
    cwd: tree,
    stdio: 'inherit',
    detached: true,
    env: { ...process.env, TUG_SLOWNESS: String(plan.slowness) },
  });
  const late = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), plan.patience * 1000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(late);
  return { file, ...countIn(readIfThere(report), code, pattern), seconds: Math.round((Date.now() - begun) / 1000) };
}

function countIn(report: string, code: number | null, pattern = ''): Omit<Outcome, 'file' | 'seconds'> {
  const head = /<testsuites [^>]*>/.exec(report)?.[0] ?? '';
  const figure = (key: string) => Number(new RegExp(` ${key}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const named = (child: string) =>
    [...report.matchAll(new RegExp(`<testcase name="([^"]*)"[^>]*>\\s*<${child}`, 'g'))].map(([, name = '']) => name);
  const failures = named('failure');
  // A runner that failed without naming a test (a crash, no time left, a file that does not load) is a failure too.
  if (code !== 0 && figure('failures') === 0) {
    failures.push(code === null ? `not done after ${plan.patience} s` : `the runner ended with code ${code}`);
  }
  // The report calls those skipped, too, whose names do not match.
  const skips = named('skipped').filter((name) => new RegExp(pattern).test(name));
  return {
    passed: figure('tests') - figure('failures') - figure('skipped'),
    failed: failures.length,
    skipped: skips.length,
    failures,
    skips,
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it did not come that far
  }
}
