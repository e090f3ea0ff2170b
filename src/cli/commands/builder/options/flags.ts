import { bytes, swapBytes, ulimits } from '../../../create/values/values.ts';
import { flag } from '../../../flags/index.ts';

/** The options of `build`: buildx's, and those of the classic builder that limit what RUN may take. */
export const buildFlags = {
  'add-host': flag.strings('Add a custom host-to-IP mapping (format: "host:ip")'),
  allow: flag.list('Allow extra privileged entitlement (e.g., "network.host", "security.insecure")', {
    type: 'stringArray',
  }),
  annotation: flag.list('Add annotation to the image', { type: 'stringArray' }),
  attest: flag.list('Attestation parameters (format: "type=sbom,generator=image")', { type: 'stringArray' }),
  'build-arg': flag.list('Set build-time variables', { type: 'stringArray' }),
  'build-context': flag.list('Additional build contexts (e.g., name=path)', { type: 'stringArray' }),
  builder: flag.string('Override the configured builder instance'),
  'cache-from': flag.list('External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")', {
    type: 'stringArray',
  }),
  'cache-to': flag.list('Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")', {
    type: 'stringArray',
  }),
  'cgroup-parent': flag.string('Set the parent cgroup for the "RUN" instructions during build'),
  call: flag.string('Set method for evaluating build ("check", "outline", "targets")', { initial: 'build' }),
  check: flag.bool('Shorthand for "--call=check"'),
  'cpu-period': flag.int('Limit the CPU CFS (Completely Fair Scheduler) period'),
  'cpu-quota': flag.int('Limit the CPU CFS (Completely Fair Scheduler) quota'),
  'cpu-shares': flag.int('CPU shares (relative weight)', { short: 'c' }),
  'cpuset-cpus': flag.string('CPUs in which to allow execution (0-3, 0,1)'),
  'cpuset-mems': flag.string('MEMs in which to allow execution (0-3, 0,1)'),
  explain: flag.bool('Say for each step why it was or was not taken from the cache'),
  file: flag.string('Name of the Dockerfile (default: "PATH/Dockerfile")', { short: 'f' }),
  'force-rm': flag.bool('Always remove intermediate containers', { hidden: true }),
  iidfile: flag.string('Write the image ID to a file'),
  label: flag.list('Set metadata for an image', { type: 'stringArray' }),
  load: flag.bool('Shorthand for "--output=type=docker"'),
  memory: bytes('Memory limit', { short: 'm' }),
  'memory-swap': swapBytes("Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
  'metadata-file': flag.string('Write build result metadata to a file'),
  network: flag.string('Set the networking mode for the "RUN" instructions during build', {
    initial: 'default',
  }),
  'no-cache': flag.bool('Do not use cache when building the image'),
  'no-cache-filter': flag.strings('Do not cache specified stages', { type: 'stringArray' }),
  output: flag.list('Output destination (format: "type=local,dest=path")', { short: 'o', type: 'stringArray' }),
  platform: flag.list('Set target platform for build', { type: 'stringArray' }),
  progress: flag.string(
    'Set type of progress output ("auto", "none", "plain", "quiet", "rawjson", "tty"). Use plain to show container output',
    { initial: 'auto' },
  ),
  provenance: flag.string('Shorthand for "--attest=type=provenance"'),
  pull: flag.bool('Always attempt to pull all referenced images'),
  push: flag.bool('Shorthand for "--output=type=registry"'),
  quiet: flag.bool('Suppress the build output and print image ID on success', { short: 'q' }),
  rm: flag.bool('Remove intermediate containers after a successful build', { initial: true, hidden: true }),
  sbom: flag.string('Shorthand for "--attest=type=sbom"'),
  secret: flag.list('Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")', {
    type: 'stringArray',
  }),
  'shm-size': bytes('Shared memory size for build containers'),
  squash: flag.bool('Squash newly built layers into a single new layer'),
  ssh: flag.list('SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>|<key>[,<key>]]")', {
    type: 'stringArray',
  }),
  tag: flag.list('Name and optionally a tag (format: "name:tag")', { short: 't', type: 'stringArray' }),
  target: flag.string('Set the target build stage to build'),
  ulimit: ulimits('Ulimit options'),
};
