import { EngineError, type Level } from '../kit/index.ts';
import type { Host } from './hosts.ts';
import type { TlsSettings } from './tls.ts';

/** What the engine was told, on its command line and in its configuration file. */
export interface Settings {
  dataRoot: string;
  execRoot: string;
  hosts: Host[];
  tls: TlsSettings;
  pidfile: string;
  group: string;
  logLevel: Level;
  debug: boolean;
  runtimes: Record<string, { path: string; args: string[] }>;
  defaultRuntime: string;
  bip?: string;
  bridge?: string;
  network: NetworkSettings;
}

/** Of all networks of the engine. */
export interface NetworkSettings {
  mtu: number;
  pools: { base: string; size: number }[];
  strict: boolean;
  bindingIp?: string;
  hostGateway?: string;
}

interface Flag {
  /** The long name on the command line, and the key of daemon.json. */
  name: string;
  /** The key of daemon.json where it differs, as for a flag that may be repeated. */
  key?: string;
  short?: string;
  /**
   * `runtimes`: `name=path` on the command line, an object in the file. `pools`: `base=10.0.0.0/8,size=24`, in the file objects.
   */
  type: 'string' | 'boolean' | 'list' | 'runtimes' | 'pools';
  help: string;
  initial?: string;
}

export const flags: Flag[] = [
  {
    name: 'add-runtime',
    key: 'runtimes',
    type: 'runtimes',
    help: 'Register an additional OCI compatible runtime',
  },
  { name: 'bip', type: 'string', help: 'IPv4 address for the default bridge' },
  { name: 'bridge', short: 'b', type: 'string', help: 'Name of the default bridge', initial: 'tug0' },
  { name: 'config-file', type: 'string', help: 'Daemon configuration file', initial: '/etc/tug/daemon.json' },
  { name: 'data-root', type: 'string', help: 'Root directory of persistent state', initial: '/var/lib/tug' },
  { name: 'debug', short: 'D', type: 'boolean', help: 'Enable debug mode' },
  {
    name: 'default-address-pool',
    key: 'default-address-pools',
    type: 'pools',
    help: 'Default address pools for node specific local networks',
  },
  { name: 'default-runtime', type: 'string', help: 'Default OCI runtime for containers', initial: 'native' },
  { name: 'exec-root', type: 'string', help: 'Root directory for execution state files', initial: '/run/tug' },
  {
    name: 'firewall',
    type: 'string',
    help: 'What the host’s own firewall drops stays dropped ("strict"), or tug’s own networks are let through ("open")',
    initial: 'open',
  },
  { name: 'group', short: 'G', type: 'string', help: 'Group for the unix socket', initial: 'docker' },
  { name: 'help', type: 'boolean', help: 'Print usage' },
  { name: 'host', key: 'hosts', short: 'H', type: 'list', help: 'Daemon socket(s) to connect to' },
  {
    name: 'host-gateway-ip',
    type: 'string',
    help: "IP address that the special 'host-gateway' string in --add-host resolves to",
  },
  { name: 'ip', type: 'string', help: 'Default IP when binding container ports', initial: '0.0.0.0' },
  {
    name: 'log-level',
    short: 'l',
    type: 'string',
    help: 'Set the logging level ("debug"|"info"|"warn"|"error")',
    initial: 'info',
  },
  { name: 'mtu', type: 'string', help: 'Set the containers network MTU', initial: '1500' },
  { name: 'pidfile', short: 'p', type: 'string', help: 'Path to use for daemon PID file', initial: '/run/tug/tug.pid' },
  { name: 'tls', type: 'boolean', help: 'Use TLS; implied by --tlsverify' },
  { name: 'tlscacert', type: 'string', help: 'Trust certs signed only by this CA', initial: '~/.docker/ca.pem' },
  { name: 'tlscert', type: 'string', help: 'Path to TLS certificate file', initial: '~/.docker/cert.pem' },
  { name: 'tlskey', type: 'string', help: 'Path to TLS key file', initial: '~/.docker/key.pem' },
  { name: 'tlsverify', type: 'boolean', help: 'Use TLS and verify the remote' },
  { name: 'version', short: 'v', type: 'boolean', help: 'Print version information and quit' },
];

/** Values as they were given, by flag name; a flag that was not given is absent. */
export type Given = Map<string, string[]>;

/** Reads a command line as Docker's daemon does; `invalid` with its words for what it does not know. */
export function parseFlags(argv: string[]): Given {
  const given: Given = new Map();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--' || !word.startsWith('-') || word === '-') throw refuse('accepts no arguments');
    const { flag, value, spelled } = word.startsWith('--') ? longFlag(word) : shortFlag(word, rest);
    const taken = value ?? (flag.type === 'boolean' ? 'true' : rest.shift());
    if (taken === undefined) throw refuse(`flag needs an argument: ${spelled}`);
    if (flag.type === 'boolean' && !booleans.has(taken)) {
      throw refuse(
        `invalid argument "${taken}" for "${named(flag)}" flag: strconv.ParseBool: parsing "${taken}": invalid syntax`,
      );
    }
    given.set(flag.name, repeats(flag) ? [...(given.get(flag.name) ?? []), taken] : [taken]);
  }
  return given;
}

export const booleans = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

const repeats = ({ type }: Flag): boolean => type === 'list' || type === 'runtimes' || type === 'pools';

interface Found {
  flag: Flag;
  value?: string;
  spelled: string;
}

function longFlag(word: string): Found {
  const at = word.indexOf('=');
  const name = at < 0 ? word.slice(2) : word.slice(2, at);
  const flag = flags.find((flag) => flag.name === name);
  if (!flag) throw refuse(`unknown flag: --${name}`);
  return { flag, spelled: `--${name}`, ...(at >= 0 && { value: word.slice(at + 1) }) };
}

/** `-D`, `-H x`, `-Hx`, `-H=x`, and several booleans in one word. */
function shortFlag(word: string, rest: string[]): Found {
  const letter = word[1] ?? '';
  const flag = flags.find(({ short }) => short === letter);
  if (!flag) throw refuse(`unknown shorthand flag: '${letter}' in ${word}`);
  const tail = word.slice(2);
  const spelled = `'${letter}' in ${word}`;
  if (tail === '') return { flag, spelled };
  if (tail.startsWith('=')) return { flag, value: tail.slice(1), spelled };
  if (flag.type !== 'boolean') return { flag, value: tail, spelled };
  rest.unshift(`-${tail}`);
  return { flag, spelled };
}

const named = (flag: Flag): string => (flag.short ? `-${flag.short}, --${flag.name}` : `--${flag.name}`);
const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** The text of `tug daemon --help`. */
export function usage(): string {
  const lines = flags.map((flag) => {
    const kind = { boolean: '', runtimes: ' runtime', string: ' string', list: ' list', pools: ' pool-options' }[
      flag.type
    ];
    const initial = flag.initial ? ` (default "${flag.initial}")` : '';
    return `  ${flag.short ? `-${flag.short}, ` : '    '}${`--${flag.name}${kind}`.padEnd(24)}${flag.help}${initial}`;
  });
  return `\nUsage:\ttug daemon [OPTIONS]\n\nRun the engine in the foreground.\n\nOptions:\n${lines.join('\n')}\n`;
}
