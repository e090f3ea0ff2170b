import type { ContainerConfig, HostConfig, NetworkingConfig } from '../../api/index.ts';
import { healthOf } from './health.ts';
import { hostConfigOf } from './host-config.ts';
import type { CreateLine } from './line.ts';
import { networkingOf } from './network/networking.ts';
import { parsePorts } from './network/ports.ts';
import { parseVolumes } from './resources/mounts.ts';
import { collectEnv, collectLabels } from './values/env.ts';

/** What `POST /containers/create` takes. */
export type CreateRequest = ContainerConfig & { HostConfig: HostConfig; NetworkingConfig: NetworkingConfig };

/** Builds the request for the engine; throws what the user got wrong, in Docker's words. */
export function createRequest(line: CreateLine): CreateRequest {
  const { flags } = line;
  const [image = '', ...cmd] = line.args;
  const streams = attachedStreams(line);
  const ports = parsePorts(flags.publish, flags.expose);
  const volumes = parseVolumes(flags.volume);
  const config = {
    Image: image,
    Hostname: flags.hostname,
    Domainname: flags.domainname,
    User: flags.user,
    AttachStdin: streams.has('stdin'),
    AttachStdout: streams.has('stdout'),
    AttachStderr: streams.has('stderr'),
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    // With a client on its stdin that leaves, the container's stdin ends.
    StdinOnce: flags.interactive && streams.has('stdin'),
    ExposedPorts: ports.exposed,
    Env: collectEnv(flags['env-file'], flags.env, line.env),
    Labels: collectLabels(flags['label-file'], flags.label),
    Volumes: volumes.anonymous,
    WorkingDir: flags.workdir,
    ...(cmd.length > 0 ? { Cmd: cmd } : {}),
    ...(line.given.has('entrypoint') ? { Entrypoint: [flags.entrypoint] } : {}),
    ...(flags['stop-signal'] ? { StopSignal: flags['stop-signal'] } : {}),
    ...(line.given.has('stop-timeout') ? { StopTimeout: flags['stop-timeout'] } : {}),
    ...healthOf(line),
    HostConfig: hostConfigOf(line, ports.bindings, volumes.binds),
    NetworkingConfig: networkingOf(flags),
  };
  return config as unknown as CreateRequest;
}

/** Where nothing is said stdout and stderr are attached; stdin is where it is kept open. */
function attachedStreams({ flags }: CreateLine): Set<string> {
  const streams = new Set(flags.attach);
  if (flags.attach.length === 0) {
    streams.add('stdout').add('stderr');
  }
  if (flags.interactive) streams.add('stdin');
  return streams;
}
