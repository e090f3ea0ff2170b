import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from '../../support/command.ts';
import { busyboxTar } from '../../support/image.ts';
import { type Case, writeContext } from './cases.ts';
import { filesBeside, filesOf } from './files.ts';

/** How to build: with which program, of which engine. */
export interface Builder {
  /** `docker` or `tug`. */
  program: string;
  socket: string;
  /** Where the client's plugins are. */
  config?: string;
}

/** What an engine made of a case. */
export interface Answer {
  /** Findings of the checks, as `--check` prints them, sorted; undefined where it fails. */
  check?: string;
  /** What failed, below the source. */
  error?: string;
  /** The image's config and history. */
  image?: string;
  /** Its files, but for those of busybox. */
  files?: string;
}

/** Dockerfiles of the images that cases are built on, besides `corpus-box`, which is nothing but busybox. */
export const baseFiles: Readonly<Record<string, string>> = {
  'corpus-config': `FROM corpus-box
RUN printf 'me:x:1234:100::/home/me:/bin/sh\\n' >> /etc/passwd && printf 'staff:x:50:me\\n' >> /etc/group && echo mark > /etc/marker
ENV CONF=yes PATH=/opt/bin:/usr/bin:/bin
LABEL base=config
WORKDIR /srv
EXPOSE 7
VOLUME /vol
STOPSIGNAL SIGINT
HEALTHCHECK CMD ok
ENTRYPOINT ["/entry"]
CMD ["cmd"]
`,
  'corpus-onbuild': `FROM corpus-box
ONBUILD COPY given /given
ONBUILD RUN echo triggered > /triggered
ONBUILD ENV TRIGGERED=$PATH
`,
};

/** Makes the images that the corpus stands on. */
export async function makeBases(builder: Builder): Promise<void> {
  const tar = await busyboxTar();
  await must([builder.program, 'import', tar, 'corpus-box:latest'], { env: environment(builder) });
  rmSync(tar);
  for (const [name, text] of Object.entries(baseFiles)) {
    await inDirectory(async (directory) => {
      writeFileSync(join(directory, 'Dockerfile'), text);
      await must([builder.program, 'build', '-q', '-t', name, directory], { env: environment(builder) });
    });
  }
}

/** Removes them, and what was built on them. */
export async function removeBases(builder: Builder): Promise<void> {
  await run([builder.program, 'rmi', '-f', 'corpus-result', ...Object.keys(baseFiles), 'corpus-box'], {
    env: environment(builder),
  });
}

/** Checks and builds a case; `box` is what busybox's own files are. */
export async function answer(builder: Builder, test: Case, box: ReadonlyMap<string, string>): Promise<Answer> {
  return inDirectory(async (directory) => {
    await writeContext(test, directory);
    const env = environment(builder);
    const build = (...flags: string[]) =>
      run([builder.program, 'build', ...flags, ...test.flags, '.'], { env, cwd: directory, timeout: 120_000 });
    const checked = await build('--check');
    const built = await build('--progress=plain', '--no-cache', '-t', 'corpus-result');
    const check = sortedFindings(checked.stdout);
    if (built.code !== 0) return { ...(check === '' ? {} : { check }), error: failure(built.stderr) };
    try {
      const files = filesBeside(box, await exportedFiles(builder, 'corpus-result'));
      return { ...(check === '' ? {} : { check }), image: await imageOf(builder), files };
    } finally {
      await run([builder.program, 'rmi', '-f', 'corpus-result'], { env });
    }
  });
}

function environment({ socket, config }: Builder): Record<string, string> {
  return {
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_BUILDKIT: '1',
    ...(config === undefined ? {} : { DOCKER_CONFIG: config }),
  };
}

/** Findings in an order of their own, for those of one line come in any. */
export function sortedFindings(stdout: string): string {
  const all = stdout.split(/^(?=WARNING: )/m).filter((part) => part.startsWith('WARNING: '));
  return all
    .map((part) => `${part.trimEnd()}\n`)
    .toSorted()
    .join('');
}

/** The source and the message, without progress and without what changes from build to build. */
function failure(stderr: string): string {
  const start = stderr.search(/^(?:Dockerfile:\d+|ERROR: )/m);
  return (
    stderr
      .slice(start)
      // The client has two words for the same, whichever end of the connection tells it first.
      .replace(/^ERROR: (?:failed to build: )?failed to (?:solve|run Build function): /m, 'ERROR: failed to solve: ')
      // What changes from build to build: ids, and the place of a Docker's own directories.
      .replaceAll(/ of ref [a-z0-9-]+::[a-z0-9]+/g, ' of ref')
      .replaceAll(/\/\S*\/merged\//g, '')
      .trimEnd()
      .concat('\n')
  );
}

/** The files of an image, as a container of it has them. */
export async function exportedFiles(builder: Builder, image: string): Promise<Map<string, string>> {
  const env = environment(builder);
  const id = await must([builder.program, 'create', '--network=none', image, '/none'], { env });
  try {
    return await inDirectory(async (directory) => {
      const archive = join(directory, 'files.tar');
      await must([builder.program, 'export', '-o', archive, id], { env });
      return filesOf(archive);
    });
  } finally {
    await run([builder.program, 'rm', id], { env });
  }
}

async function imageOf(builder: Builder): Promise<string> {
  return inDirectory(async (directory) => {
    const archive = join(directory, 'image.tar');
    await must([builder.program, 'save', '-o', archive, 'corpus-result'], { env: environment(builder) });
    const read = (path: string) => must(['tar', '-xOf', archive, path]);
    const [manifest] = JSON.parse(await read('manifest.json')) as [{ Config: string }];
    const { config, history, author } = JSON.parse(await read(manifest.Config)) as SavedConfig;
    return shownImage({ config, history, ...(author === undefined ? {} : { author }) });
  });
}

interface SavedConfig {
  config: Record<string, unknown>;
  history: { created_by?: string; comment?: string; empty_layer?: boolean }[];
  author?: string;
}

/** An image's config and history as a text that can be compared. */
export function shownImage({ config, history, author }: SavedConfig): string {
  const settings = Object.entries(config)
    .filter(([, value]) => value !== null && value !== '' && value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}: ${inOrder(value)}\n`);
  const lines = history.map(
    ({ created_by, empty_layer, comment }) =>
      `history: ${JSON.stringify(created_by ?? '')}${empty_layer ? ' empty' : ''} ${comment ?? ''}\n`,
  );
  return [...(author ? [`author: ${author}\n`] : []), ...settings, ...lines].join('');
}

/** JSON with the keys of the outermost object in order. */
function inOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))));
}

async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'corpus-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
