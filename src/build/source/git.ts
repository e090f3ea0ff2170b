import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { FileSource, GitReference } from '../language/index.ts';
import type { Progress, Task } from '../progress.ts';
import { scratchFiles } from './context-tar.ts';
import type { Fetched } from './fetched.ts';

type GitSource = Extract<FileSource, { kind: 'git' }>;

interface GitOptions {
  progress: Progress;
  signal: AbortSignal;
  secret(id: string): Promise<Uint8Array | undefined>;
  ssh: ReadonlyMap<string, string>;
}

/** Checks a repository out as ADD or a remote context names it. */
export function gitOrigin(context: Context, source: GitSource, options: GitOptions): Promise<Fetched> {
  const { git } = source;
  const suffix = git.subdir === '' ? '' : `:${git.subdir}`;
  const name = `${git.remote}${git.ref === '' && suffix === '' ? '' : `#${git.ref}${suffix}`}`;
  return options.progress.during(
    { digest: digestOfParts(['git', source]), name: `[internal] load git source ${name}` },
    (task) => checkout(context, { source, task, options }),
  );
}

async function checkout(
  context: Context,
  { source, task, options }: { source: GitSource; task: Task; options: GitOptions },
): Promise<Fetched> {
  const { git } = source;
  const files = scratchFiles(join(context.directory, 'contexts'));
  const home = join(context.directory, 'contexts', `${files.path.split('/').at(-1)}.git`);
  try {
    const run = createGit({ home, work: files.path, task, options });
    const commit = await fetchCommit(run, git);
    const wanted = source.checksum ?? git.checksum;
    if (wanted && !commit.startsWith(wanted)) {
      throw new EngineError('invalid', `expected checksum to match ${wanted}, got ${commit}`);
    }
    await run(['checkout', '--quiet', '--force', commit]);
    if (git.submodules) await run(['submodule', 'update', '--init', '--recursive', '--depth=1', '--quiet']);
    const keep = source.keepGitDir || git.keepGitDir === true;
    if (!keep) rmSync(join(files.path, '.git'), { recursive: true, force: true });
    const path = git.subdir === '' ? '.' : git.subdir;
    return { files, path, key: `${commit} ${git.subdir} ${keep}` };
  } catch (error) {
    files.close();
    throw error;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

type Git = (args: string[]) => Promise<string>;

/** The commit that a reference stands for, fetched. */
async function fetchCommit(run: Git, { remote, ref }: GitReference): Promise<string> {
  await run(['init', '--quiet']);
  const wanted = ref === '' ? 'HEAD' : ref;
  try {
    await run(['fetch', '--quiet', '--depth=1', '--no-tags', '--', remote, wanted]);
  } catch (error) {
    // Servers do not give a commit by a part of its name.
    if (!/^[0-9a-f]{7,40}$/.test(wanted)) throw error;
    await run(['fetch', '--quiet', '--tags', '--', remote, '+refs/heads/*:refs/remotes/origin/*']);
    return (await run(['rev-parse', '--verify', `${wanted}^{commit}`])).trim();
  }
  return (await run(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).trim();
}

/** What a repository names, as its submodules, may be fetched from: never this machine's files. */
const settings = [
  'protocol.allow=never',
  ...['http', 'https', 'git', 'ssh'].map((protocol) => `protocol.${protocol}.allow=always`),
  'core.hooksPath=/dev/null',
];

/** git with nobody's configuration, hooks or prompts. */
function createGit(at: { home: string; work: string; task: Task; options: GitOptions }): Git {
  const { home, work, task, options } = at;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return async (args) => {
    const program = Bun.which('git');
    if (program === null)
      throw new EngineError(
        'unavailable',
        'failed to find git binary: exec: "git": executable file not found in $PATH',
      );
    const agent = options.ssh.get('default');
    const child = Bun.spawn({
      cmd: [program, ...settings.flatMap((setting) => ['-c', setting]), '-C', work, ...args],
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        HOME: home,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new',
        ...(agent !== undefined && { SSH_AUTH_SOCK: agent }),
        ...proxies(),
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      signal: options.signal,
    });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (stderr !== '') task.log(2, Buffer.from(stderr));
    options.signal.throwIfAborted();
    if (code !== 0)
      throw new EngineError('invalid', `failed to fetch remote: git ${args[0]}: ${stderr.trim()}: exit status ${code}`);
    return stdout;
  };
}

/** As they stand in the engine's environment: git reads them under names of one case or the other. */
function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
