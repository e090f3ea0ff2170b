import { CliError } from './cli-error.ts';
import { flag, type Values } from './flags/index.ts';

/** The options before the command. `directory` and `certificates` are where config.json and the TLS files are looked for. */
export function globalFlags({ directory, certificates }: { directory: string; certificates: string }) {
  return {
    config: flag.string('Location of client config files', { initial: directory }),
    context: flag.string(
      'Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")',
      { short: 'c' },
    ),
    debug: flag.bool('Enable debug mode', { short: 'D' }),
    host: flag.list('Daemon socket to connect to', { short: 'H' }),
    'log-level': flag.string('Set the logging level ("debug", "info", "warn", "error", "fatal")', {
      short: 'l',
      initial: 'info',
    }),
    'no-autostart': flag.bool('Do not start the engine when none answers'),
    tls: flag.bool('Use TLS; implied by --tlsverify'),
    tlscacert: flag.string('Trust certs signed only by this CA', { initial: `${certificates}/ca.pem` }),
    tlscert: flag.string('Path to TLS certificate file', { initial: `${certificates}/cert.pem` }),
    tlskey: flag.string('Path to TLS key file', { initial: `${certificates}/key.pem` }),
    tlsverify: flag.bool('Use TLS and verify the remote'),
    version: flag.bool('Print version information and quit', { short: 'v' }),
  };
}

/** The options before the command as they were given, and the name the program was called by, which decides where an engine usually is. */
export interface Globals {
  program: string;
  values: Values<ReturnType<typeof globalFlags>>;
  given: Set<string>;
}

const levels = ['panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace'];

/** Refuses options before the command that are wrong by themselves or together. */
export function checkGlobals({ values }: Globals): void {
  if (values['log-level'] && !levels.includes(values['log-level'].toLowerCase())) {
    throw new CliError(`Unable to parse logging level: ${values['log-level']}`);
  }
  if (values.host.length > 0 && values.context) {
    throw new CliError('conflicting options: cannot specify both --host and --context');
  }
}
