import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EngineError, type Level, messageOf } from '../kit/index.ts';
import { booleans, flags, type Given, type Settings } from './flags.ts';
import { parseHost } from './hosts.ts';
import { directivePools, networkSettings } from './network.ts';
import type { TlsSettings } from './tls.ts';

const defaultSocket = '/run/tug/tug.sock';

import { directiveRuntimes, parseRuntimes } from './runtimes.ts';

const levels: Record<string, Level> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
};

/** Flags, then the configuration file, then the defaults. What is given in both is refused, as Docker does. */
export function settle(given: Given): Settings {
  const fromFile = readConfigFile(given);
  const values = (name: string): string[] => {
    const initial = flags.find((flag) => flag.name === name)?.initial;
    return given.get(name) ?? fromFile.get(name) ?? (initial === undefined ? [] : [initial]);
  };
  const value = (name: string): string => values(name)[0] ?? '';
  const logLevel = levels[value('log-level')];
  if (!logLevel) throw new EngineError('invalid', `invalid logging level: ${value('log-level')}`);
  const debug = booleans.get(value('debug')) ?? false;
  const hosts = values('host').length > 0 ? values('host') : [''];
  return {
    dataRoot: value('data-root'),
    execRoot: value('exec-root'),
    hosts: hosts.map((host) => parseHost(host === '' ? `unix://${defaultSocket}` : host, defaultSocket)),
    tls: tlsOf(values),
    pidfile: value('pidfile'),
    group: value('group'),
    logLevel: debug ? 'debug' : logLevel,
    debug,
    bridge: value('bridge'),
    runtimes: parseRuntimes(values('add-runtime')),
    defaultRuntime: value('default-runtime'),
    network: networkSettings(values),
    ...(value('bip') && { bip: value('bip') }),
  };
}

/** Whoever says anything about --tlsverify wants TLS. */
function tlsOf(values: (name: string) => string[]): TlsSettings {
  const said = (name: string) => booleans.get(values(name)[0] ?? '');
  const path = (name: string) => (values(name)[0] ?? '').replace(/^~\/\.docker/, certificates());
  const verify = said('tlsverify');
  const tls = said('tls');
  return {
    enabled: verify !== undefined || tls === true,
    verify: verify ?? tls,
    declined: verify === false || tls === false,
    caFile: path('tlscacert'),
    certFile: path('tlscert'),
    keyFile: path('tlskey'),
  };
}

const certificates = (): string =>
  process.env.DOCKER_CERT_PATH || process.env.DOCKER_CONFIG || join(homedir(), '.docker');

function readConfigFile(given: Given): Given {
  const initial = flags.find(({ name }) => name === 'config-file')?.initial ?? '';
  const [path = initial] = given.get('config-file') ?? [];
  const refuse = (why: string) =>
    new EngineError('invalid', `unable to configure the engine with file ${path}: ${why}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // Only a file that was asked for has to be there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw refuse(messageOf(error));
    if (given.has('config-file')) throw refuse(`open ${path}: no such file or directory`);
    return new Map();
  }
  const directives = parseObject(text, refuse);
  checkDirectives(directives, given, refuse);
  return new Map(Object.entries(directives).map(([key, value]) => fromDirective(key, value, refuse)));
}

type Refuse = (why: string) => EngineError;

function parseObject(text: string, refuse: Refuse): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.trim() || '{}');
  } catch (error) {
    throw refuse(`invalid JSON: ${messageOf(error)}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw refuse('invalid JSON: the file must hold one object');
}

const settable = flags.filter(({ name }) => !['config-file', 'help', 'version'].includes(name));
const flagOf = (key: string) => settable.find((flag) => (flag.key ?? flag.name) === key);

function checkDirectives(directives: Record<string, unknown>, given: Given, refuse: Refuse): void {
  const unknown = Object.keys(directives).filter((key) => !flagOf(key));
  if (unknown.length > 0) {
    throw refuse(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  }
  const twice = Object.entries(directives).flatMap(([key, value]) => {
    const flag = given.get(flagOf(key)?.name ?? '');
    return flag ? [`${key}: (from flag: ${shown(flag, key)}, from file: ${shown(value, key)})`] : [];
  });
  if (twice.length > 0) {
    throw refuse(
      `the following directives are specified both as a flag and in the configuration file: ${twice.join(', ')}`,
    );
  }
}

function shown(value: unknown, key: string): string {
  const words = Array.isArray(value) ? value.join(' ') : String(value);
  return flagOf(key)?.type === 'list' ? `[${words}]` : words;
}

function fromDirective(key: string, value: unknown, refuse: Refuse): [string, string[]] {
  const flag = flagOf(key);
  if (flag?.type === 'runtimes') return [flag.name, directiveRuntimes(value, refuse)];
  if (flag?.type === 'pools') return [flag.name, directivePools(value, refuse)];
  // Docker's file has it as a number.
  if (flag?.name === 'mtu' && typeof value === 'number') return [flag.name, [String(value)]];
  const kind = flag?.type === 'boolean' || flag?.type === 'list' ? flag.type : 'string';
  const wanted = { string: 'a string', boolean: 'a boolean', list: 'a list of strings' }[kind];
  const list = Array.isArray(value) ? value : [value];
  const type = flag?.type === 'boolean' ? 'boolean' : 'string';
  const fits = Array.isArray(value) === (flag?.type === 'list') && list.every((entry) => typeof entry === type);
  if (!flag || !fits) throw refuse(`invalid JSON: ${key} must be ${wanted}`);
  return [flag.name, list.map(String)];
}
