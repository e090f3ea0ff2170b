import { isIP } from 'node:net';
import type { Checker } from '../../checks/checker.ts';
import { messages } from '../../checks/rules.ts';
import type { ExposeInstruction, Range } from '../../contract.ts';
import { DockerfileError } from '../../error.ts';
import { expand } from '../../expand/expand.ts';
import { quote } from '../../text/quote.ts';
import type { Scope } from '../scope.ts';
import { commit } from './image.ts';

export function dispatchExpose({ ports, ranges }: ExposeInstruction, { evaluator, state, checker }: Scope): void {
  const modes = { escape: evaluator.dockerfile.directives.escape };
  const written = ports.flatMap((port) => expand(port, state.env, modes).words);
  const exposed = written.flatMap((port) => parsePort(port, ranges, checker));
  const { config } = state.image;
  config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(exposed.map((port) => [port, {}])) };
  commit(state.image, `EXPOSE [${exposed.join(' ')}]`);
}

/** `8000-8002/tcp` as single ports; an address and ports of the host before it are without effect. */
function parsePort(written: string, ranges: readonly Range[], checker: Checker): string[] {
  const { address, hostPort, containerPort } = splitParts(written);
  const [port = '', protocol = ''] = splitOnce(containerPort, '/');
  if (port === '') throw new DockerfileError(`invalid port: ${quote(written)}: no port specified`);
  if (!['', 'tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) {
    throw new DockerfileError(`invalid port: ${quote(written)}: invalid proto: ${protocol}`);
  }
  if (protocol !== protocol.toLowerCase()) {
    checker.report('ExposeProtoCasing', ranges, messages.protoCasing(written));
  }
  if (address !== '' || hostPort !== '') {
    checker.report('ExposeInvalidFormat', ranges, messages.exposeFormat(written));
  }
  checkAddress(address);
  const range = portRange(port);
  if (!range) throw new DockerfileError(`invalid containerPort: ${port}`);
  checkHostPort(hostPort, port, range);
  const [first, last] = range;
  const suffix = protocol.toLowerCase() || 'tcp';
  return Array.from({ length: last - first + 1 }, (_, more) => `${first + more}/${suffix}`);
}

function splitParts(written: string): { address: string; hostPort: string; containerPort: string } {
  const parts = written.split(':');
  const containerPort = parts.pop() ?? '';
  const hostPort = parts.pop() ?? '';
  return { address: parts.join(':'), hostPort, containerPort };
}

function checkAddress(written: string): void {
  const bracketed = /^\[(.*)\]$/.exec(written);
  if (written.startsWith('[') && !bracketed) {
    throw new DockerfileError(`invalid IP address ${written}: address ${written}:: missing ']' in address`);
  }
  const address = bracketed ? (bracketed[1] ?? '') : written;
  if (address !== '' && isIP(address.replace(/%.*$/, '')) === 0) {
    throw new DockerfileError(`invalid IP address: ${address}`);
  }
}

function checkHostPort(hostPort: string, containerPort: string, [first, last]: [number, number]): void {
  if (hostPort === '') return;
  const range = portRange(hostPort);
  if (!range) throw new DockerfileError(`invalid hostPort: ${hostPort}`);
  if (last !== first && last - first !== range[1] - range[0]) {
    throw new DockerfileError(
      `invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`,
    );
  }
}

function portRange(text: string): [first: number, last: number] | undefined {
  const [start = '', end = start] = splitOnce(text, '-');
  const first = portNumber(start);
  const last = portNumber(end);
  return first === undefined || last === undefined || last < first ? undefined : [first, last];
}

function portNumber(text: string): number | undefined {
  const number = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
  return number <= 65535 ? number : undefined;
}

function splitOnce(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
