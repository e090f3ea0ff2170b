import { posix } from 'node:path';
import type { FileSource } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { parseGitReference } from '../../git-reference.ts';
import { quote } from '../../text/quote.ts';

type Remote = Exclude<FileSource, { kind: 'path' }>;

/** A source that is not in the context: a git repository or an address of the web; undefined for a path. */
export function remoteSource(
  written: string,
  { checksum, keepGitDir }: { checksum: string; keepGitDir?: boolean },
): Remote | undefined {
  const git = parseGitReference(written);
  if (git) {
    if (keepGitDir !== undefined && git.keepGitDir !== undefined && keepGitDir !== git.keepGitDir) {
      throw new DockerfileError('inconsistent keep-git-dir configuration');
    }
    if (checksum !== '' && git.checksum !== undefined && checksum !== git.checksum) {
      throw new DockerfileError(`checksum mismatch ${quote(checksum)} != ${quote(git.checksum)}`);
    }
    const wanted = git.checksum ?? checksum;
    const keep = git.keepGitDir ?? keepGitDir ?? false;
    return { kind: 'git', git, keepGitDir: keep, ...(wanted === '' ? {} : { checksum: wanted }) };
  }
  if (!/^https?:\/\//.test(written)) return undefined;
  return {
    kind: 'http',
    url: written,
    filename: filename(written),
    ...(checksum === '' ? {} : { checksum: digest(checksum) }),
  };
}

function filename(url: string): string {
  try {
    return posix.basename(decodeURIComponent(new URL(url).pathname)) || '__unnamed__';
  } catch {
    // What is no address fails when it is fetched.
    return '__unnamed__';
  }
}

function digest(text: string): string {
  const [algorithm = '', hex] = text.split(/:(.*)/s);
  if (hex === undefined || !/^[a-z0-9]+(?:[+._-][a-z0-9]+)*$/.test(algorithm)) {
    throw new DockerfileError('invalid checksum digest format');
  }
  const length = { sha256: 64, sha384: 96, sha512: 128 }[algorithm];
  if (length === undefined) throw new DockerfileError('unsupported digest algorithm');
  if (hex.length !== length) throw new DockerfileError('invalid checksum digest length');
  if (!/^[a-f0-9]+$/.test(hex)) throw new DockerfileError('invalid checksum digest format');
  return text;
}
