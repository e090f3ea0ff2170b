import type { HostConfig } from '../../api/index.ts';
import type { RuntimeSpec, SpecMount } from '../../oci/index.ts';
import { adaptHostConfig } from './adapt.ts';
import { buildSpec } from './build-spec.ts';
import type { HostFacts } from './facts.ts';
import { mergeConfig } from './merge.ts';
import { withHome } from './process/environment.ts';
import { homeOf, lookupUser, type ReadInRoot } from './process/users.ts';
import { validate } from './validate.ts';

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

/** Specifications for such processes, with the defaults, limits and refusals that containers have. */
export function createStepSpecs(options: {
  facts: HostFacts;
  cgroupParent: string;
}): (step: StepProcess) => RuntimeSpec {
  const { facts, cgroupParent } = options;
  return (step) => {
    const hostConfig = adaptHostConfig(step.hostConfig, facts);
    const config = mergeConfig({
      Hostname: hostname,
      Cmd: step.args,
      Env: step.env,
      User: step.user,
      WorkingDir: step.cwd,
    });
    validate(config, hostConfig, facts);
    const spec = buildSpec({
      id: step.id,
      config,
      hostConfig,
      mounts: [],
      files: {},
      joined: {},
      readInRoot: step.readInRoot,
      facts,
      rootPath: step.id,
      cgroupParent,
    });
    // Unlike a container's, its environment is what the Dockerfile says, and the files of /etc are not its own.
    const home = () => homeOf(lookupUser(step.user, step.readInRoot).uid, step.readInRoot);
    spec.process.env = withHome(step.env, home);
    spec.mounts = [...spec.mounts, ...engineFiles(step.files), ...step.mounts];
    return spec;
  };
}

function engineFiles({ hosts, resolvConf }: StepProcess['files']): SpecMount[] {
  const files = { '/etc/resolv.conf': resolvConf, '/etc/hosts': hosts };
  const options = ['bind', 'ro', 'rprivate'];
  return Object.entries(files).map(([destination, source]) => ({ destination, type: 'bind', source, options }));
}
