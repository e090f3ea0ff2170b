import type {
  MaintainerInstruction,
  OnbuildInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import type { Scope } from '../scope.ts';
import { commit } from './image.ts';
import { parseSignal } from './signals.ts';

export function dispatchUser({ user }: UserInstruction, { state: { image }, put }: Scope): void {
  image.config.User = put(user);
  commit(image, `USER ${image.config.User}`);
}

export function dispatchVolume(instruction: VolumeInstruction, { state: { image }, put }: Scope): void {
  const paths = instruction.paths.map(put);
  if (paths.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
  image.config.Volumes = { ...image.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  commit(image, `VOLUME [${paths.join(' ')}]`);
}

export function dispatchStopsignal({ signal }: StopsignalInstruction, { state: { image }, put }: Scope): void {
  image.config.StopSignal = parseSignal(put(signal));
  commit(image, `STOPSIGNAL ${image.config.StopSignal}`);
}

/** The image only keeps it; the history does not tell of it. */
export function dispatchOnbuild({ trigger }: OnbuildInstruction, { state: { image } }: Scope): void {
  image.config.OnBuild = [...(image.config.OnBuild ?? []), trigger];
}

export function dispatchMaintainer({ maintainer }: MaintainerInstruction, { state: { image } }: Scope): void {
  image.author = maintainer;
  commit(image, `MAINTAINER ${maintainer}`);
}
