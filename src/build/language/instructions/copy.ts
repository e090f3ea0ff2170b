import type { AddInstruction, CopyInstruction, InlineSource, SourcesAndDest } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { chomp, heredocOf } from '../parse/heredoc.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { common } from './common.ts';
import { type Flags, parseFlags } from './flags.ts';

const shared = { chown: 'string', chmod: 'string', link: 'boolean', exclude: 'strings' } as const;

export function parseCopy(raw: RawInstruction): CopyInstruction {
  needDestination(raw, 'COPY');
  const flags = parseFlags(raw.flags, { ...shared, from: 'string', parents: 'boolean' });
  return {
    kind: 'copy',
    ...common(raw),
    ...sourcesAndDest(raw, 'COPY', flags),
    from: flags.string('from'),
    parents: flags.boolean('parents'),
  };
}

export function parseAdd(raw: RawInstruction): AddInstruction {
  needDestination(raw, 'ADD');
  const flags = parseFlags(raw.flags, {
    ...shared,
    'keep-git-dir': 'boolean',
    checksum: 'string',
    unpack: 'boolean',
  });
  return {
    kind: 'add',
    ...common(raw),
    ...sourcesAndDest(raw, 'ADD', flags),
    checksum: flags.string('checksum'),
    ...(flags.used.has('keep-git-dir') ? { keepGitDir: flags.boolean('keep-git-dir') } : {}),
    ...(flags.used.has('unpack') ? { unpack: flags.boolean('unpack') } : {}),
  };
}

function needDestination({ args }: RawInstruction, name: string): void {
  if (args.length >= 2) return;
  throw new DockerfileError(
    `${name} requires at least two arguments, but only one was provided. Destination could not be determined`,
  );
}

function sourcesAndDest(raw: RawInstruction, name: string, flags: Flags): SourcesAndDest {
  const dest = raw.args.at(-1) ?? '';
  if (heredocNamed(dest)) throw new DockerfileError(`${name} cannot accept a heredoc as a destination`);
  const sources: string[] = [];
  const inline: InlineSource[] = [];
  for (const source of raw.args.slice(0, -1)) {
    const heredoc = heredocNamed(source);
    if (!heredoc) {
      sources.push(source);
      continue;
    }
    const content = raw.heredocs.findLast((other) => other.name === heredoc.name)?.content ?? '';
    const data = heredoc.chomp ? chomp(content) : content;
    inline.push({ name: heredoc.name, data, expand: heredoc.expand });
  }
  return {
    sources,
    inline,
    dest,
    chown: flags.string('chown'),
    chmod: flags.string('chmod'),
    link: flags.boolean('link'),
    exclude: flags.strings('exclude'),
  };
}

function heredocNamed(word: string): ReturnType<typeof heredocOf> {
  try {
    return heredocOf(word);
  } catch {
    // What cannot be read as a heredoc is a path.
    return undefined;
  }
}
