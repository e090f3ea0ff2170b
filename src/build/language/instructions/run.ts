import { messageOf, parseCsv, truthOf } from '../../../kit/index.ts';
import type { Device, RunInstruction } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { quote } from '../text/quote.ts';
import { withSuggestion } from '../text/suggest.ts';
import { commandLine, common } from './common.ts';
import { parseFlags } from './flags.ts';
import { mountFields } from './mount-fields.ts';

export function parseRun(raw: RawInstruction): RunInstruction {
  const flags = parseFlags(raw.flags, {
    mount: 'strings',
    network: 'string',
    security: 'string',
    device: 'strings',
  });
  const devices = flags.strings('device').map(parseDevice);
  const mounts = flags.strings('mount');
  for (const mount of mounts) mountFields(mount);
  return {
    kind: 'run',
    ...common(raw),
    command: commandLine(raw),
    heredocs: raw.heredocs,
    mounts,
    network: flags.used.has('network') ? network(flags.string('network')) : 'default',
    security: flags.used.has('security') ? security(flags.string('security')) : 'sandbox',
    devices,
  };
}

function network(value: string): RunInstruction['network'] {
  if (value === 'default' || value === 'none' || value === 'host') return value;
  throw new DockerfileError(`invalid network mode ${quote(value)}`);
}

function security(value: string): RunInstruction['security'] {
  if (value === 'sandbox' || value === 'insecure') return value;
  throw new DockerfileError(`security ${quote(value)} is not valid`);
}

/** `name`, `name,required`, `name=…,required=true`. */
function parseDevice(text: string): Device {
  let name = '';
  let required = false;
  for (const field of fieldsOf(text)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    if (key === 'required') required = value === undefined || truth(key, value);
    else if (key === 'name' && value !== undefined) {
      if (name !== '') throw new DockerfileError(`device name already set to ${name}`);
      name = value;
    } else if (name === '') name = field;
    else if (value === undefined) throw new DockerfileError(`invalid field '${field}' must be a key=value pair`);
    else throw new DockerfileError(withSuggestion(`unexpected key '${key}' in '${field}'`, key, ['name', 'required']));
  }
  return { name, required };
}

function fieldsOf(text: string): string[] {
  try {
    if (text === '') throw new Error('EOF');
    return parseCsv(text);
  } catch (error) {
    throw new DockerfileError(`failed to parse csv devices: ${messageOf(error)}`);
  }
}

function truth(key: string, value: string): boolean {
  const parsed = truthOf(value);
  if (parsed === undefined) throw new DockerfileError(`invalid value for ${key}: ${value}`);
  return parsed;
}
