import { posix } from 'node:path';
import { EngineError } from '../../kit/index.ts';
import type { ImageRunConfig } from '../../oci/index.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { parsePorts } from './ports.ts';
import { expand, jsonWords, pairs, splitWords } from './words.ts';

type Config = ImageRunConfig;
type Instruction = (config: Config, text: string, put: (word: string) => string) => void;

const shell = ['/bin/sh', '-c'];
const signal =
  /^(?:\d+|(?:SIG)?(?:HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|UNUSED|RTM(?:IN|AX)(?:[-+]\d+)?))$/i;

const instructions: Record<string, Instruction> = {
  CMD: (config, text) => {
    config.Cmd = jsonWords(text) ?? [...shell, ...(text === '' ? [] : [text])];
    if (config.Cmd.length === 0) config.Cmd = null;
  },
  ENTRYPOINT: (config, text) => {
    const words = jsonWords(text) ?? (text === '' ? [] : [...shell, text]);
    config.Entrypoint = words.length > 0 ? words : null;
  },
  ENV: (config, text, put) => {
    need(text, 'ENV requires at least one argument');
    for (const [name, value] of pairs('ENV', text)) {
      const key = put(name);
      if (key === '') throw new EngineError('invalid', 'ENV names can not be blank');
      const others = config.Env ?? [];
      const setting = `${key}=${put(value)}`;
      const at = others.findIndex((other) => other.startsWith(`${key}=`));
      config.Env = at < 0 ? [...others, setting] : others.with(at, setting);
    }
  },
  EXPOSE: (config, text, put) => {
    need(text, 'EXPOSE requires at least one argument');
    const ports = splitWords(text).flatMap((word) => parsePorts(put(word)));
    config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  },
  HEALTHCHECK: (config, text) => {
    need(text, 'HEALTHCHECK requires at least one argument');
    config.Healthcheck = parseHealthcheck(text);
  },
  LABEL: (config, text, put) => {
    need(text, 'LABEL requires at least one argument');
    for (const [name, value] of pairs('LABEL', text)) {
      if (put(name) === '') throw new EngineError('invalid', 'LABEL names can not be blank');
      config.Labels = { ...config.Labels, [put(name)]: put(value) };
    }
  },
  ONBUILD: (config, text) => {
    need(text, 'ONBUILD requires at least one argument');
    const trigger = (/^\S+/.exec(text)?.[0] ?? '').toUpperCase();
    if (trigger === 'ONBUILD') throw new EngineError('invalid', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER') {
      throw new EngineError('invalid', `${trigger} isn't allowed as an ONBUILD trigger`);
    }
    config.OnBuild = [...(config.OnBuild ?? []), text];
  },
  STOPSIGNAL: (config, text, put) => {
    need(text, 'STOPSIGNAL requires exactly one argument');
    const name = put(text);
    if (!signal.test(name)) throw new EngineError('invalid', `invalid signal: ${name}`);
    config.StopSignal = name;
  },
  USER: (config, text, put) => {
    need(text, 'USER requires exactly one argument');
    config.User = put(text);
  },
  VOLUME: (config, text, put) => {
    need(text, 'VOLUME requires at least one argument');
    for (const word of jsonWords(text) ?? splitWords(text)) {
      const path = put(word).trim();
      if (path === '') throw new EngineError('invalid', 'VOLUME specified can not be an empty string');
      config.Volumes = { ...config.Volumes, [path]: {} };
    }
  },
  WORKDIR: (config, text, put) => {
    need(text, 'WORKDIR requires exactly one argument');
    const path = posix.resolve('/', config.WorkingDir ?? '', put(text));
    config.WorkingDir = path;
  },
};

/** The configuration that Dockerfile instructions make, as `docker import --change` takes them, of a base. Errors are Docker's. */
export function applyChanges(changes: string[], base: Config = {}): Config {
  const config = structuredClone(base);
  const lines = changes
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n');
  const wanted = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (changes.length > 0 && wanted.length === 0) throw new EngineError('invalid', 'file with no instructions');
  const parsed = wanted.map((line) => {
    const [, name = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const instruction = instructions[name.toUpperCase()];
    if (!instruction) throw new EngineError('invalid', `${name.toUpperCase()} is not a valid change command`);
    return { instruction, text: text.trim() };
  });
  for (const { instruction, text } of parsed) {
    const environment = new Map((config.Env ?? []).map((setting) => setting.split(/=(.*)/s) as [string, string]));
    instruction(config, text, (word) => expand(word, environment));
  }
  return config;
}

function need(text: string, otherwise: string): void {
  if (text === '') throw new EngineError('invalid', otherwise);
}
