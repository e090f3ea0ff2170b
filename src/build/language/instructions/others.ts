import { trim } from '../../../kit/index.ts';
import type {
  CmdInstruction,
  EntrypointInstruction,
  ExposeInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from '../contract.ts';
import { DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { commandLine, common, needOne, needSome } from './common.ts';
import { parseFlags } from './flags.ts';

export function parseCmd(raw: RawInstruction): CmdInstruction {
  parseFlags(raw.flags);
  return { kind: 'cmd', ...common(raw), command: commandLine(raw) };
}

export function parseEntrypoint(raw: RawInstruction): EntrypointInstruction {
  parseFlags(raw.flags);
  return { kind: 'entrypoint', ...common(raw), command: commandLine(raw) };
}

export function parseShell(raw: RawInstruction): ShellInstruction {
  parseFlags(raw.flags);
  needSome(raw, 'SHELL');
  if (!raw.json) throw new DockerfileError('SHELL requires the arguments to be in JSON form');
  return { kind: 'shell', ...common(raw), shell: raw.args };
}

export function parseUser(raw: RawInstruction): UserInstruction {
  const user = needOne(raw, 'USER');
  parseFlags(raw.flags);
  return { kind: 'user', ...common(raw), user };
}

export function parseWorkdir(raw: RawInstruction): WorkdirInstruction {
  const path = needOne(raw, 'WORKDIR');
  parseFlags(raw.flags);
  return { kind: 'workdir', ...common(raw), path };
}

export function parseExpose(raw: RawInstruction): ExposeInstruction {
  needSome(raw, 'EXPOSE');
  parseFlags(raw.flags);
  return { kind: 'expose', ...common(raw), ports: raw.args.toSorted() };
}

export function parseVolume(raw: RawInstruction): VolumeInstruction {
  needSome(raw, 'VOLUME');
  parseFlags(raw.flags);
  const paths = raw.args.map(trim);
  if (paths.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
  return { kind: 'volume', ...common(raw), paths };
}

export function parseStopsignal(raw: RawInstruction): StopsignalInstruction {
  return { kind: 'stopsignal', ...common(raw), signal: needOne(raw, 'STOPSIGNAL') };
}

export function parseMaintainer(raw: RawInstruction): MaintainerInstruction {
  const maintainer = needOne(raw, 'MAINTAINER');
  parseFlags(raw.flags);
  return { kind: 'maintainer', ...common(raw), maintainer };
}

export function parseOnbuild(raw: RawInstruction): OnbuildInstruction {
  needSome(raw, 'ONBUILD');
  parseFlags(raw.flags);
  const trigger = trim(raw.args[0] ?? '').toUpperCase();
  if (trigger === 'ONBUILD') throw new DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'MAINTAINER' || trigger === 'FROM') {
    throw new DockerfileError(`${trigger} isn't allowed as an ONBUILD trigger`);
  }
  const line = raw.line.replace(/^\s*ONBUILD\s*/i, '');
  const heredocs = raw.heredocs.map(({ content, name }) => `\n${content}${name}`);
  return { kind: 'onbuild', ...common(raw), trigger: line + heredocs.join('') };
}
