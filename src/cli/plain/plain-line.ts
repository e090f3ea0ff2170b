import type { PlainCopy, PlainExec, PlainLine, PlainRun } from '../../api/index.ts';
import { execConfig, execFlags } from '../commands/container/exec.ts';
import { copyFlags } from '../commands/container/files/cp.ts';
import { createQuery, failureCode, loopbackWarning, prepare } from '../commands/container/prepare.ts';
import { runFlags } from '../commands/container/run.ts';
import { splitArgument } from '../copy/paths.ts';
import { fromEngine } from '../error-text.ts';
import { type Parsed, parseFlags } from '../flags/index.ts';

/** What these say lies in the user's files, terminal or config.json, or takes several steps. */
const needClient = new Set([
  'attach',
  'cidfile',
  'detach-keys',
  'disable-content-trust',
  'env-file',
  'label-file',
  'secret',
  'security-opt',
  'tty',
  'use-api-socket',
]);

/**
 * Reads a whole command line, the program's name first. Undefined for all but a `run`, `exec` or `cp` that says all by itself, and for
 * what is wrong: that is told by the command line.
 */
export function readPlainLine(words: string[]): PlainLine | undefined {
  const [program = '', ...rest] = words;
  const noun = rest[0] === 'container' ? ['container'] : [];
  const [verb, ...argv] = rest.slice(noun.length);
  try {
    if (verb === 'run')
      return readRun(argv, { program: program.replace(/^.*\//, ''), path: [...noun, 'run'].join(' ') });
    if (verb === 'exec') return readExec(argv);
    if (verb === 'cp') return readCopy(argv);
  } catch {
    // Wrong, and told as such by who reads it next.
  }
  return undefined;
}

function readRun(argv: string[], { program, path }: { program: string; path: string }): PlainRun | undefined {
  const { values: flags, given, args, ...asked } = parseFlags(runFlags, argv, false);
  if (!isPlain(argv, { given, args, ...asked }, flags.env) || args.length < 1 || flags.pull === 'always')
    return undefined;
  const prepared = prepare({ flags, given, args, env: {} });
  const { request } = prepared;
  if (flags.detach)
    Object.assign(request, { AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false });
  return {
    kind: 'run',
    body: request,
    ...createQuery(prepared),
    input: request.AttachStdin === true,
    isDetached: flags.detach,
    passesSignals: flags['sig-proxy'] && !flags.detach,
    warnings: loopbackWarning(flags.dns),
    refusal: (message) => ({
      text: `${program}: ${fromEngine(message)}\n\nRun '${program} ${path} --help' for more information\n`,
      code: failureCode(message),
    }),
  };
}

function readExec(argv: string[]): PlainExec | undefined {
  const { values: flags, ...parsed } = parseFlags(execFlags, argv, false);
  const [container = '', ...cmd] = parsed.args;
  if (!isPlain(argv, parsed, flags.env) || flags.detach || cmd.length === 0) return undefined;
  return {
    kind: 'exec',
    container,
    body: execConfig(flags, cmd, { env: {}, detachKeys: '' }),
    input: flags.interactive,
  };
}

/** A file by its name, into a container; a link would be followed or not, a directory has more to it. */
function readCopy(argv: string[]): PlainCopy | undefined {
  const { values: flags, given, args, help } = parseFlags(copyFlags, argv, true);
  const [source, destination] = args.map(splitArgument);
  if (help || args.length !== 2 || !source || !destination || flags['follow-link']) return undefined;
  if (given.has('quiet') && !flags.quiet) return undefined;
  if (source.container !== '' || destination.container === '' || /(^-?|\/|(^|\/)\.\.?)$/.test(source.path))
    return undefined;
  return {
    kind: 'copy',
    container: destination.container,
    source: source.path,
    destination: destination.path,
    keepsOwners: flags.archive,
    unlessTerminal: !given.has('quiet'),
    input: false,
  };
}

/** A variable without a value is the user's own; a path that begins with a dot is one of where the user is. */
function isPlain(argv: string[], { given, args, help }: Omit<Parsed, 'values'>, env: string[]): boolean {
  const options = argv.slice(0, argv.length - args.length);
  if (help || [...given].some((name) => needClient.has(name))) return false;
  return !options.some((word) => /(^|[=,v])\.{1,2}($|[/,:])/.test(word)) && env.every((word) => word.includes('='));
}
