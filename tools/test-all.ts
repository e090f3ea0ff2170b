// `make test`: the gate's checks and every test, then one line that counts them all.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../src/kit/index.ts';
import { emptyPeer, startPeer, stopPeer } from '../test/support/peer.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** The tests of what containers do, whichever runtime starts them: at most three minutes. */
const behaviour = [
  ...['runtime', 'runtime-lives', 'runtime-log', 'life', 'options', 'files', 'changes', 'kill', 'full-disk'].map(
    (name) => `test/system/${name}.test.ts`,
  ),
  'test/conformance/spine.test.ts',
];

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'tug-test-'));
const failures: string[] = [];

/** `hear` is given what it says, which is printed as well. */
function execute(
  command: string[],
  more: Record<string, string> = {},
  hear: (text: string) => void = () => undefined,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command[0] as string, command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...more },
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      hear(text);
    });
    child.on('error', () => resolve(127));
    // What a test left behind may hold its stderr.
    const drained = once(child.stderr, 'close');
    child.on('exit', (code) => void within(2000, drained).then(() => resolve(code ?? 1)));
  });
}

/** One check of the gate counts as one test. */
async function check(name: string): Promise<Count> {
  console.log(`\n=== ${name}`);
  const passed = (await execute(['bun', 'run', name])) === 0;
  if (!passed) failures.push(name);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** The tests in these places, all in one run; `runtime` is what their containers are started with. */
async function suite(places: string[], runtime?: string): Promise<Count> {
  const name = runtime ? `with ${runtime}` : places.join(' ');
  console.log(`\n=== bun test ${name}`);
  const report = join(work, `${name.replaceAll(/[/ ]/g, '-')}.xml`);
  const options = ['--timeout', '120000', '--reporter=junit', `--reporter-outfile=${report}`];
  const command = ['bun', 'test', ...options, ...places.map((place) => `./${place}`)];
  const heard: string[] = [];
  const environment: Record<string, string> = runtime ? { TUG_RUNTIME: runtime, TUG_KILL_ROUNDS: '8' } : {};
  const code = await execute(command, environment, (text) => heard.push(text));
  const head = /<testsuites [^>]*>/.exec(readReport(report))?.[0] ?? '';
  for (const { test, why } of failuresIn(heard.join('')))
    failures.push(`${test}${runtime ? ` (with ${runtime})` : ''}${why}`);
  const figure = (key: string) => Number(new RegExp(` ${key}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = figure('failures');
  const skipped = figure('skipped');
  // A runner that failed without naming a test (a crash, a file that does not load) is a failure too.
  const silent = code !== 0 && failed === 0 ? 1 : 0;
  if (silent) failures.push(`${name}: the runner ended with code ${code}`);
  return { passed: figure('tests') - failed - skipped, failed: failed + silent, skipped };
}

/** The tests that failed, as the runner tells of them: each with its file and, on lines of their own, the first of what was thrown. */
function failuresIn(text: string): { test: string; why: string }[] {
  const found: { test: string; why: string }[] = [];
  let file = '';
  let thrown: string[] = [];
  for (const line of text.split('\n')) {
    // At its end it names them all once more.
    if (/^\d+ tests failed:$/.test(line)) break;
    file = /^(\S+\.test\.ts):$/.exec(line)?.[1] ?? file;
    if (/^\((pass|skip|todo)\) /.test(line)) thrown = [];
    else if (line.startsWith('(fail) ')) {
      const [error, ...rest] = thrown;
      const differing = rest.filter((why) => /^[-+] /.test(why));
      const told = [...(error ? [error] : []), ...(differing.length > 0 ? differing : rest).slice(0, 5)];
      const why = told.map((text) => `\n    ${text.slice(0, 200)}`).join('');
      found.push({ test: `${file}: ${line.slice(7).replace(/ \[\S+\]$/, '')}`, why });
      thrown = [];
    } else if (line.startsWith('error: ')) thrown = [line];
    else if (line.includes('this test timed out')) late(found.at(-1), line);
    else if (thrown.length > 0 && thrown.length < 60 && line.trim() !== '') thrown.push(line);
  }
  return found;
}

/** That one took too long is said after its name. */
function late(failure: { why: string } | undefined, line: string): void {
  if (failure) failure.why += `\n    ${line.trim()}`;
}

function readReport(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

// The real Docker that some tests compare with; without it they are skipped and say so.
const given = process.env.TUG_PEER_SOCK;
const peer = await startPeer();
if (peer) process.env.TUG_PEER_SOCK = peer;
if (peer && !given) await emptyPeer(peer);
console.log(peer ? `comparing with the Docker at ${peer}` : 'no Docker to compare with: comparisons are skipped');

const counts: Count[] = [];
for (const name of ['types', 'lint', 'format', 'rooms', 'dead']) counts.push(await check(name));
for (const directory of ['src', 'test/system', 'test/conformance']) counts.push(await suite([directory]));
// What containers do, once more with another runtime.
counts.push(await suite(behaviour, 'runc'));
rmSync(work, { recursive: true });
if (peer && !given) await stopPeer();

const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exit(sum('failed') === 0 ? 0 : 1);
