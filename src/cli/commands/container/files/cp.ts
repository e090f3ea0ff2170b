import { command } from '../../../command.ts';
import { splitArgument } from '../../../copy/paths.ts';
import { flag } from '../../../flags/index.ts';
import { stdoutIsTerminal } from '../../../stdio/terminal.ts';

export const copyFlags = {
  archive: flag.bool('Archive mode (copy all uid/gid information)', { short: 'a' }),
  'follow-link': flag.bool('Always follow symbol link in SRC_PATH', { short: 'L' }),
  quiet: flag.bool(
    'Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached',
    { short: 'q' },
  ),
};

export const cp = command({
  usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
  short: 'Copy files/folders between a container and the local filesystem',
  long: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  aliases: ['container cp', 'cp'],
  flags: copyFlags,
  arity: { exactly: 2 },
  async run(context, { flags, given, args }) {
    const [source, destination] = args.map(splitArgument);
    if (args[0] === '' || !source) throw new Error('source can not be empty');
    if (args[1] === '' || !destination) throw new Error('destination can not be empty');
    if (source.container && destination.container) throw new Error('copying between containers is not supported');
    const copy = {
      container: source.container || destination.container,
      source: source.path,
      destination: destination.path,
      followLink: flags['follow-link'],
      keepsOwners: flags.archive,
      isQuiet: given.has('quiet') ? flags.quiet : !stdoutIsTerminal(),
    };
    if (source.container) {
      await (await import('../../../copy/from-container.ts')).copyFromContainer(context, copy);
    } else if (destination.container) {
      await (await import('../../../copy/to-container.ts')).copyToContainer(context, copy);
    } else throw new Error('must specify at least one container source');
    return 0;
  },
});
