import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { closeFd, openIn } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import type { Files, ReceivedFiles } from '../contract.ts';
import { byteString, bytesOf } from '../copy/paths.ts';
import { parseGitReference } from '../language/index.ts';
import { createProgress } from '../progress.ts';
import { filesOfTar, received } from './context-tar.ts';
import { gitOrigin } from './git.ts';
import { httpOrigin } from './http.ts';

const O_DIRECTORY = 0o200000;

/** See Builds.fetch. */
export async function fetchRemote(
  context: Context,
  remote: string,
  { signal, ssh = new Map() }: { signal: AbortSignal; ssh?: ReadonlyMap<string, string> },
): Promise<ReceivedFiles> {
  const progress = createProgress(() => undefined);
  // As `docker build` takes it, though it is no URL.
  const git = parseGitReference(
    remote.startsWith('github.com/') ? `https://${remote.replace(/(\.git)?(#|$)/, '.git$2')}` : remote,
  );
  if (git) {
    const options = { progress, signal, secret: async () => undefined, ssh };
    const { files, path } = await gitOrigin(context, { kind: 'git', git, keepGitDir: false }, options);
    return received(below(files, path));
  }
  if (!/^https?:\/\//.test(remote))
    throw new EngineError('invalid', `unable to prepare context: path ${JSON.stringify(remote)} not found`);
  const got = await httpOrigin(context, { kind: 'http', url: remote, filename: 'Dockerfile' }, { progress, signal });
  return archiveOrText(context, got.files, signal);
}

/** A directory of a checkout, no symlink of which leads out of it. */
function below(files: Files, path: string): Files {
  if (path === '.') return files;
  try {
    const root = openIn(files.root, bytesOf(byteString(path)), O_DIRECTORY);
    return {
      root,
      close() {
        closeFd(root);
        files.close();
      },
    };
  } catch (error) {
    files.close();
    throw new EngineError('invalid', `subdirectory ${path} not found in the repository`, error);
  }
}

async function archiveOrText(context: Context, files: Files, signal: AbortSignal): Promise<ReceivedFiles> {
  const fd = openIn(files.root, 'Dockerfile', 0);
  try {
    const bytes = createReadStream('', { fd, autoClose: false, start: 0 });
    const unpacked = await filesOfTar(join(context.directory, 'contexts'), bytes, signal);
    files.close();
    return unpacked;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'invalid') throw error;
    return { ...received(files), dockerfile: 'Dockerfile' };
  } finally {
    closeFd(fd);
  }
}
