import type { ArgInstruction, EnvInstruction, LabelInstruction, Pair } from '../contract.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { common, descriptionOf, needSome, notBlank } from './common.ts';
import { parseFlags } from './flags.ts';

export function parseEnv(raw: RawInstruction): EnvInstruction {
  return { kind: 'env', ...common(raw), pairs: pairs(raw, 'ENV') };
}

export function parseLabel(raw: RawInstruction): LabelInstruction {
  return { kind: 'label', ...common(raw), pairs: pairs(raw, 'LABEL') };
}

export function parseArg(raw: RawInstruction): ArgInstruction {
  needSome(raw, 'ARG');
  const args = raw.args.map((written) => {
    const equals = written.indexOf('=');
    if (equals === 0) throw notBlank('ARG');
    const key = equals < 0 ? written : written.slice(0, equals);
    const description = descriptionOf(key, raw.comments);
    return {
      key,
      ...(equals < 0 ? {} : { value: written.slice(equals + 1) }),
      ...(description === undefined ? {} : { description }),
    };
  });
  return { kind: 'arg', ...common(raw), args };
}

function pairs(raw: RawInstruction, name: string): Pair[] {
  parseFlags(raw.flags);
  needSome(raw, name);
  const found: Pair[] = [];
  for (let at = 0; at < raw.args.length; at += 3) {
    const [key = '', value = '', sign] = raw.args.slice(at, at + 3);
    if (key === '') throw notBlank(name);
    found.push({ key, value, ...(sign === '' ? { legacy: true } : {}) });
  }
  return found;
}
