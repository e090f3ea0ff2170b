import { defaultHost } from '../client/index.ts';
import { CliError } from './command.ts';
import { flag, type Values } from './flags/index.ts';

/** The options before the command. */
export const globalFlags = {
  context: flag.string('Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var)', {
    short: 'c',
  }),
  host: flag.list('Daemon socket to connect to', { short: 'H' }),
  'no-autostart': flag.bool('Do not start the engine when none answers'),
  version: flag.bool('Print version information and quit', { short: 'v' }),
};

/** Which engine is meant: -H, --context default, TUG_HOST, DOCKER_HOST, or the default socket (`isDefault`). */
export function resolveHost(
  flags: Values<typeof globalFlags>,
  env: Record<string, string | undefined>,
): { host: string; isDefault: boolean } {
  if (flags.host.length > 1) throw unresolved('Specify only one -H');
  if (flags.host.length > 0 && flags.context) {
    throw new CliError('conflicting options: cannot specify both --host and --context');
  }
  if (flags.context && flags.context !== 'default') {
    throw unresolved(`context "${flags.context}": context not found`);
  }
  const named = flags.context ? undefined : (flags.host[0] ?? (env.TUG_HOST || env.DOCKER_HOST));
  if (!named) return { host: defaultHost, isDefault: true };
  const host = named.includes('://') ? named : named.startsWith('/') ? `unix://${named}` : `tcp://${named}`;
  if (!/^(unix|tcp|http):\/\//.test(host)) throw unresolved(`invalid bind address format: ${host}`);
  return { host, isDefault: host === defaultHost };
}

function unresolved(reason: string): CliError {
  return new CliError(`Failed to initialize: unable to resolve docker endpoint: ${reason}`);
}
