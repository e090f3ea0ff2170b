import type { BuildFailure } from '../failure.ts';
import {
  type Dockerfile,
  descriptionOf,
  type Needed,
  type Outline,
  type Range,
  type Warning,
} from '../language/index.ts';

/** What `--call` tells, as BuildKit's clients read it. */
interface ToldOutline {
  name?: string;
  description?: string;
  args?: object[];
  secrets?: object[];
  ssh?: object[];
  sources: string[];
}

/** `--call=outline`: what a target can be given. */
export function toldOutline({ name, description, args, secrets, ssh }: Outline, source: Uint8Array): ToldOutline {
  return {
    ...(name !== '' && { name }),
    ...(description !== '' && { description }),
    ...(args.length > 0 && {
      args: args.map((arg) => ({
        name: arg.name,
        ...(arg.description !== '' && { description: arg.description }),
        ...(arg.value !== '' && { value: arg.value }),
        location: locationOf(arg.ranges),
      })),
    }),
    ...(secrets.length > 0 && { secrets: secrets.map(toldNeed) }),
    ...(ssh.length > 0 && { ssh: ssh.map(toldNeed) }),
    sources: [Buffer.from(source).toString('base64')],
  };
}

const toldNeed = ({ name, required, ranges }: Needed) => ({
  name,
  ...(required && { required }),
  location: locationOf(ranges),
});

/** `--call=targets`: what stages there are. */
export function toldTargets({ stages }: Dockerfile, source: Uint8Array): object {
  return {
    targets: stages.map(({ name, from }, index) => {
      const description = descriptionOf(name, from.comments);
      return {
        ...(name !== '' && { name }),
        ...(index === stages.length - 1 && { default: true }),
        ...(description !== undefined && { description }),
        base: from.base,
        ...(from.platform !== undefined && { platform: from.platform }),
        location: locationOf(from.ranges),
      };
    }),
    sources: [Buffer.from(source).toString('base64')],
  };
}

/** `--call=check`: what was found, and the mistake that it ended at. */
export function toldCheck(
  warnings: readonly Warning[],
  failure: BuildFailure | undefined,
  { name, source }: { name: string; source: Uint8Array },
): object {
  const found = warnings.map(({ rule, description, url, message, ranges }) => ({
    ruleName: rule,
    description,
    ...(url !== '' && { url }),
    detail: message,
    location: locationOf(ranges),
  }));
  return {
    warnings: found.length > 0 ? found : null,
    sources: [{ filename: name, data: Buffer.from(source).toString('base64'), language: 'Dockerfile' }],
    ...(failure && {
      buildError: { message: failure.message, location: locationOf(failure.ranges) },
    }),
  };
}

const placeOf = ({ line, character }: Range['start']) => ({ line, ...(character > 0 && { character }) });

/** Characters that are 0 are left out, as in BuildKit. */
function locationOf(ranges: readonly Range[]): object {
  return { ranges: ranges.map(({ start, end }) => ({ start: placeOf(start), end: placeOf(end) })) };
}
