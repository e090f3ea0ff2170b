import { EngineError } from '../../kit/index.ts';

/** What may happen to files of running containers while they are read, in the words of the program tar. */
const expected = [
  /: file changed as we read it$/,
  /: File removed before we read it$/,
  /: Cannot (stat|open|savedir|readlink|opendir): No such file or directory$/,
  /: socket ignored$/,
  /: file is on a different filesystem; not dumped$/,
  /: File shrank by \d+ bytes; padding with zeros$/,
  /Exiting with failure status due to previous errors$/,
];

const flags = [
  '--create',
  '--file=-',
  '--format=posix',
  '--numeric-owner',
  '--sparse',
  '--xattrs',
  '--xattrs-include=*',
  '--one-file-system',
];

/**
 * These files below `directory` as a tar with owners, devices, sparse files and every extended attribute, read by a process of its own:
 * a volume on a dead disk holds up nobody else. What goes meanwhile is left out; what cannot be read is thrown. `alone`: of directories
 * nothing but themselves. `rename` is tar's expression for other names.
 */
export async function* archiveOf(
  directory: string,
  paths: string[],
  options: { alone?: boolean; rename?: string } = {},
): AsyncGenerator<Uint8Array> {
  const positional = [
    ...(options.alone ? ['--no-recursion'] : []),
    ...(options.rename ? [`--transform=${options.rename}`] : []),
    '--null',
    '--verbatim-files-from',
    '--files-from=-',
  ];
  const child = Bun.spawn({
    cmd: ['tar', `--directory=${directory}`, ...flags, ...positional],
    env: { ...process.env, LC_ALL: 'C' },
    stdin: Buffer.from(paths.map((path) => `./${path}\0`).join('')),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const said = child.stderr.text();
  try {
    yield* child.stdout;
    const code = await child.exited;
    const wrong = (await said).split('\n').filter((line) => line !== '' && !expected.some((words) => words.test(line)));
    if (code !== 0 && wrong.length > 0) throw new EngineError('internal', `backup: ${wrong.slice(0, 3).join('; ')}`);
  } finally {
    child.kill('SIGKILL');
  }
}
