import { readFileSync } from 'node:fs';
import { type Json, parseJson } from '../../api/decode/index.ts';
import { EngineError, messageOf, withoutCredentials } from '../../kit/index.ts';
import { fromFile, isNamedKind } from '../options/from-file.ts';
import { keyOf, type Option, type Value, type Values } from '../options/option.ts';
import { ignoredKeys, options } from '../options/table.ts';
import { refuse } from '../options/words.ts';

/** Ours, and beside it the name that Docker's file has; the first that is there counts. */
export const places = ['/etc/tug/tug.json', '/etc/tug/daemon.json'];

export interface ConfigFile {
  path: string;
  values: Values;
}

/** The file that says so much about the engine; undefined where none was asked for and there is none. */
export function readConfigFile(given: Values): ConfigFile | undefined {
  const asked = given.get('config-file') as string | undefined;
  for (const path of asked === undefined ? places : [asked]) {
    try {
      const text = readIfThere(path, asked !== undefined);
      if (text !== undefined) return { path, values: read(text, given) };
    } catch (error) {
      throw inFile(path, error);
    }
  }
  return undefined;
}

/** What is wrong with a file, in dockerd's words. */
export function inFile(path: string, error: unknown): EngineError {
  return new EngineError(
    'invalid',
    `unable to configure the Docker daemon with file ${path}: ${messageOf(error)}`,
    error,
  );
}

function readIfThere(path: string, mustBe: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (mustBe) throw refuse(`open ${path}: no such file or directory`);
    return undefined;
  }
}

function read(text: string, given: Values): Values {
  const directives = directivesIn(text.replace(/^\ufeff/, '').trim());
  checkKnown(directives);
  checkTwice(directives, given);
  const values: Values = new Map();
  for (const [key, json] of directives) {
    const option = optionOf(key);
    if (!option || json.kind === 'null') continue;
    try {
      values.set(option.name, directiveValue(option, key, json));
    } catch (error) {
      throw refuse(`invalid JSON: ${messageOf(error)}`);
    }
  }
  return values;
}

/** An older spelling, of one address. */
const oldGateway = 'host-gateway-ip';

function directiveValue(option: Option, key: string, json: Json): Value {
  return fromFile(option.kind, key, key === oldGateway ? { kind: 'array', items: [json] } : json);
}

const settable = new Map(options.filter(({ flagOnly }) => !flagOnly).map((option) => [keyOf(option), option]));
const optionOf = (key: string): Option | undefined => settable.get(key === oldGateway ? 'host-gateway-ips' : key);

/** What stands in an object that is no setting itself, as `proxies` is not, stands for itself. */
function directivesIn(text: string): Map<string, Json> {
  const json = parsed(text === '' ? '{}' : text);
  if (json.kind === 'null') return new Map();
  if (json.kind !== 'object') {
    throw refuse(`invalid JSON: json: cannot unmarshal ${json.kind} into Go value of type map[string]interface {}`);
  }
  const flat = json.members.flatMap(([key, value]): [string, Json][] => {
    const whole = value.kind !== 'object' || ignoredKeys.has(key) || isNamed(optionOf(key));
    return whole ? [[key, value]] : value.members;
  });
  return new Map(flat);
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    // Go says it otherwise of a file than of a stream.
    throw refuse(messageOf(error).replace('unexpected EOF', 'unexpected end of JSON input'));
  }
}

const isNamed = (option: Option | undefined): boolean => option !== undefined && isNamedKind(option.kind);

function checkKnown(directives: Map<string, Json>): void {
  const unknown = [...directives.keys()].filter((key) => !optionOf(key) && !ignoredKeys.has(key));
  if (unknown.length > 0) {
    throw refuse(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  }
  if (directives.has(oldGateway) && directives.has('host-gateway-ips')) {
    throw refuse(`${oldGateway} and host-gateway-ips must not both be specified in the config file`);
  }
}

function checkTwice(directives: Map<string, Json>, given: Values): void {
  const twice = [...directives].flatMap(([key, json]) => {
    const flag = given.get(optionOf(key)?.name ?? '');
    // Runtimes of both places are put together.
    if (flag === undefined || key === 'runtimes') return [];
    return [`${key}: (from flag: ${masked(key, shown(flag))}, from file: ${masked(key, shownJson(json))})`];
  });
  if (twice.length > 0) {
    throw refuse(
      `the following directives are specified both as a flag and in the configuration file: ${twice.join(', ')}`,
    );
  }
}

const masked = (key: string, text: string): string => (key.endsWith('-proxy') ? withoutCredentials(text) : text);

/** As Go prints it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  const entries =
    value instanceof Map ? [...value] : typeof value === 'object' && value ? Object.entries(value) : undefined;
  if (!entries) return String(value);
  const sorted = entries.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `map[${sorted.map(([name, inner]) => `${name}:${shown(inner)}`).join(' ')}]`;
}

function shownJson(json: Json): string {
  if (json.kind === 'array') return `[${json.items.map(shownJson).join(' ')}]`;
  if (json.kind === 'object') return shown(new Map(json.members.map(([name, value]) => [name, shownJson(value)])));
  if (json.kind === 'null') return '<nil>';
  return json.kind === 'number' ? json.text : String(json.value);
}
