import { isIP } from 'node:net';
import { EngineError } from '../kit/index.ts';
import type { NetworkSettings } from './flags.ts';

const invalid = (text: string): EngineError => new EngineError('invalid', text);

/** What is said of networks, checked. */
export function networkSettings(values: (name: string) => string[]): NetworkSettings {
  const value = (name: string): string => values(name)[0] ?? '';
  const firewall = value('firewall');
  if (firewall !== 'open' && firewall !== 'strict') {
    throw invalid(`invalid firewall: ${firewall}: it is "open" or "strict"`);
  }
  const mtu = Number(value('mtu') || '1500');
  if (!Number.isInteger(mtu) || mtu < 68) throw invalid(`invalid MTU: ${value('mtu')}`);
  const bindingIp = address('ip', value('ip'));
  const hostGateway = address('host-gateway-ip', value('host-gateway-ip'));
  return {
    mtu,
    pools: values('default-address-pool').map(parsePool),
    strict: firewall === 'strict',
    ...(bindingIp && bindingIp !== '0.0.0.0' && { bindingIp }),
    ...(hostGateway && { hostGateway }),
  };
}

function address(name: string, text: string): string {
  if (text === '' || isIP(text) !== 0) return text;
  throw invalid(`invalid argument "${text}" for "--${name}" flag: invalid IP address`);
}

/** `base=10.0.0.0/8,size=24` */
function parsePool(text: string): { base: string; size: number } {
  const fields = new Map(text.split(',').map((field) => field.split('=', 2) as [string, string]));
  const [base, size] = [fields.get('base'), fields.get('size')];
  if (!base || !size || !/^\d+$/.test(size)) throw invalid(`invalid default address pool: ${text}`);
  return { base, size: Number(size) };
}

/** The same from the configuration file. */
export function directivePools(value: unknown, refuse: (why: string) => EngineError): string[] {
  const wrong = () => refuse('invalid JSON: default-address-pools must be a list of objects with base and size');
  if (!Array.isArray(value)) throw wrong();
  return value.map((pool: { base?: unknown; size?: unknown } | null) => {
    if (typeof pool?.base !== 'string' || typeof pool.size !== 'number') throw wrong();
    return `base=${pool.base},size=${pool.size}`;
  });
}
