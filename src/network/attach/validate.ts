import { isIP } from 'node:net';
import { EngineError } from '../../kit/index.ts';
import type { AttachRequest } from '../contract.ts';
import { portWishes } from '../ports/port-wishes.ts';

/** Refuses, in Docker's words, what no start of the container could give. */
export function validate(request: Omit<AttachRequest, 'containerId' | 'name' | 'hostname' | 'domainname'>): void {
  portWishes(request);
  for (const entry of request.extraHosts) {
    const [, name, address = ''] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
    if (name === undefined) throw new EngineError('invalid', `bad format for add-host: "${entry}"`);
    if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) {
      throw new EngineError('invalid', `invalid IP address in add-host: "${address}"`);
    }
  }
  for (const server of request.dns.servers) {
    if (isIP(server) !== 0) continue;
    throw new EngineError('invalid', `bad nameserver address ${server}: ParseAddr("${server}"): unable to parse IP`);
  }
  const mac = request.macAddress ?? '';
  if (mac !== '' && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) {
    throw new EngineError('invalid', `invalid config for network ${request.mode}: invalid MAC address ${mac}`);
  }
}
