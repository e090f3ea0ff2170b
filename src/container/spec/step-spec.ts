import type { HostConfig } from '../../api/index.ts';
import type { RuntimeSpec, SpecMount } from '../../oci/index.ts';
import { adaptHostConfig } from './adapt.ts';
import { buildSpec, outlineSpec } from './build-spec.ts';
import type { HostFacts } from './facts.ts';
import { mergeConfig } from './merge.ts';
import { withHome } from './process/environment.ts';
import { homeOf, lookupUser, type ReadInRoot } from './process/users.ts';
import { checkConfig, validateHost } from './validate.ts';

/** A process that is no container's: a step of a build. */
export interface StepProcess {
  id: string;
  args: string[];
  env: string[];
  cwd: string;
  user: string;
  hostConfig: HostConfig;
  files: { hosts: string; resolvConf: string };
  mounts: SpecMount[];
  readInRoot: ReadInRoot;
}

/** What the processes of builds are called, as Docker's are. */
const hostname = 'buildkitsandbox';

export interface StepDefaults {
  facts: HostFacts;
  cgroupParent: string;
  /** For what a step's own limits do not say. */
  limits?: HostConfig;
}

/** Specifications for such processes, with the defaults, limits and refusals that containers have; `outline` is what needs no root. */
export function createStepSpecs({ facts, cgroupParent, limits = {} }: StepDefaults) {
  // The steps of a build have one, as a rule.
  let last: { asked: string; adapted: HostConfig } | undefined;
  const hostConfigOf = (step: HostConfig): HostConfig => {
    const asked = JSON.stringify(step);
    if (last?.asked === asked) return last.adapted;
    const adapted = adaptHostConfig({ ...limits, ...step }, facts);
    validateHost(adapted, facts);
    last = { asked, adapted };
    return adapted;
  };
  const checked = (step: Pick<StepProcess, 'hostConfig'> & Partial<StepProcess>) => {
    const hostConfig = hostConfigOf(step.hostConfig);
    const config = mergeConfig({
      Hostname: hostname,
      Cmd: step.args ?? [],
      Env: step.env ?? [],
      User: step.user ?? '',
      WorkingDir: step.cwd ?? '',
    });
    checkConfig(config);
    return { config, hostConfig, joined: {}, facts, cgroupParent };
  };
  return {
    outline: ({ id, args, hostConfig }: Pick<StepProcess, 'id' | 'args' | 'hostConfig'>) => ({
      linux: outlineSpec({ id, ...checked({ args, hostConfig }) }),
    }),
    whole(step: StepProcess): RuntimeSpec {
      const { readInRoot } = step;
      const spec = buildSpec({ id: step.id, ...checked(step), mounts: [], files: {}, readInRoot, rootPath: step.id });
      // Unlike a container's, its environment is what the Dockerfile says, and the files of /etc are not its own.
      const home = () => homeOf(lookupUser(step.user, readInRoot).uid, readInRoot);
      spec.process.env = withHome(step.env, home);
      spec.mounts = [...spec.mounts, ...engineFiles(step.files), ...step.mounts];
      return spec;
    },
  };
}

function engineFiles({ hosts, resolvConf }: StepProcess['files']): SpecMount[] {
  const files = { '/etc/resolv.conf': resolvConf, '/etc/hosts': hosts };
  const options = ['bind', 'ro', 'rprivate'];
  return Object.entries(files).map(([destination, source]) => ({ destination, type: 'bind', source, options }));
}
