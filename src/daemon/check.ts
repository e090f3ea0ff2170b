import { isIP } from 'node:net';
import { EngineError, messageOf } from '../kit/index.ts';
import { checkLogOptions } from '../logs/index.ts';
import { parseMetricsAddress } from '../server/index.ts';
import { parseHost } from './hosts.ts';
import { checkPrefix } from './options/named.ts';
import { keyOf, type Option, type Value, type Values } from './options/option.ts';
import { options } from './options/table.ts';
import { checkDomain, checkLabel, checkMirror, refuse } from './options/words.ts';

/** Refuses, in dockerd's words, values that mean nothing, and what the engine cannot do. */
export function check(values: Values): void {
  for (const [name, words] of least) {
    const value = values.get(name);
    if (typeof value === 'number' && value < 0) throw refuse(`${words}: ${value}`);
  }
  for (const [name, { allowed, words }] of Object.entries(choices)) {
    const value = values.get(name);
    if (typeof value === 'string' && value !== '' && !allowed.includes(value.toLowerCase())) throw refuse(words(value));
  }
  for (const domain of list(values, 'dns-search')) checkDomain(domain);
  for (const label of list(values, 'label')) checkLabel(label);
  for (const host of list(values, 'host')) parseHost(host, '/');
  const metrics = values.get('metrics-addr');
  if (typeof metrics === 'string' && metrics !== '') parseMetricsAddress(metrics);
  for (const mirror of list(values, 'registry-mirror')) checkMirror(mirror);
  for (const option of list(values, 'exec-opt')) checkExecOption(option);
  checkNetwork(values);
  checkLogging(values);
  for (const option of options) checkPossible(option, values.get(option.name));
}

/** Only where there are options, as in Docker: a driver that is not there is refused to each container. */
function checkLogging(values: Values): void {
  const options = Object.fromEntries((values.get('log-opt') as Map<string, string> | undefined) ?? []);
  if (Object.keys(options).length === 0) return;
  try {
    checkLogOptions((values.get('log-driver') as string | undefined) || 'json-file', options);
  } catch (error) {
    throw refuse(`failed to set log opts: ${messageOf(error)}`);
  }
}

const list = (values: Values, name: string): string[] => (values.get(name) as string[] | undefined) ?? [];

const least: [name: string, words: string][] = [
  ['mtu', 'invalid default MTU'],
  ['max-concurrent-downloads', 'invalid max concurrent downloads'],
  ['max-concurrent-uploads', 'invalid max concurrent uploads'],
  ['max-download-attempts', 'invalid max download attempts'],
];

interface Choice {
  allowed: string[];
  words: (value: string) => string;
}

const notDefaultIpc = (mode: string): string =>
  mode === 'host' || mode === 'none' || mode.startsWith('container:')
    ? `IPC mode "${mode}" is not supported as default value; use "shareable" or "private"`
    : `default IPC mode setting (${mode}) is invalid; use "shareable" or "private"`;

const choices: Record<string, Choice> = {
  'log-level': {
    allowed: ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    words: (value) => `invalid logging level: ${value}`,
  },
  'log-format': { allowed: ['text', 'json'], words: (value) => `invalid log format: ${value}` },
  'default-ipc-mode': { allowed: ['private', 'shareable'], words: notDefaultIpc },
  'default-cgroupns-mode': {
    allowed: ['host', 'private'],
    words: (value) => `invalid default cgroup namespace (${value}): use "host" or "private"`,
  },
  firewall: { allowed: ['open', 'strict'], words: () => 'invalid firewall: allowed values are "open" and "strict"' },
};

function checkExecOption(text: string): void {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
  if (name === '' || value === '') throw refuse(`invalid exec-opt (${text}): must be formatted 'opt=value'`);
  if (name.toLowerCase() !== 'native.cgroupdriver')
    throw refuse(`invalid exec-opt (${text}): unknown option: '${name}'`);
  if (value === 'cgroupfs' || value === 'systemd') return;
  throw refuse(`invalid setting for exec-opt: native.cgroupdriver: ${value}`);
}

function checkNetwork(values: Values): void {
  const range = (values.get('fixed-cidr') as string | undefined) ?? '';
  if (range !== '') checkPrefix(range, (why) => `invalid fixed-cidr: ${why}`);
  if (values.get('bridge') === 'none') throw refuse('bridge none is not supported: the default bridge is always there');
  const gateways = list(values, 'host-gateway-ip');
  if (gateways.length > 1 || gateways.some((ip) => isIP(ip) === 6)) {
    throw refuse('only one IPv4 address is supported for host-gateway-ip');
  }
}

function checkPossible(option: Option, value: Value | undefined): void {
  if (option.refused === undefined || asksNothing(option, value)) return;
  throw refuse(`${keyOf(option)} is not supported: ${option.refused}`);
}

const asksNothing = ({ harmless }: Option, value: Value | undefined): boolean =>
  value === undefined ||
  value === '' ||
  value === 0 ||
  value === harmless ||
  (Array.isArray(value) && value.length === 0);

/** What was asked for and changes nothing, with the reason. */
export function idle(values: Values): string[] {
  return options.flatMap((option) => {
    const value = values.get(option.name);
    if (option.idle === undefined || asksNothing(option, value)) return [];
    return [`${keyOf(option)} has no effect: ${option.idle}`];
  });
}

/** Labels of which each name has one value. */
export function uniqueLabels(labels: string[]): string[] {
  const found = new Map<string, string>();
  for (const label of labels) {
    const [name = '', ...rest] = label.split('=');
    const value = rest.join('=');
    const before = found.get(name);
    if (before !== undefined && before !== value) {
      throw refuse(`conflict labels for ${name}=${value} and ${name}=${before}`);
    }
    found.set(name, value);
  }
  return [...found].map(([name, value]) => `${name}=${value}`);
}

/** The same error with words before it. */
export const preceded = (words: string, error: unknown): EngineError =>
  new EngineError('invalid', `${words}: ${messageOf(error)}`, error);
