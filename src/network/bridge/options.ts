import { EngineError, noTruth, truthOf } from '../../kit/index.ts';
import { parseIp } from '../address/subnets.ts';
import type { GatewayMode } from '../firewall/elements.ts';

/** What the driver options of a bridge network come to. */
export interface BridgeOptions {
  name?: string;
  mtu?: number;
  icc: boolean;
  masquerade: boolean;
  /** The address ports are published on where none is named. */
  bindingIp?: string;
  mode4: GatewayMode;
  mode6: GatewayMode;
  /** What the container's interfaces are called, without their number. */
  interfacePrefix: string;
  /** The bridge gets no IPv4 address. */
  inhibit4: boolean;
  /** The address of the host that what goes out takes. */
  source4?: string;
  source6?: string;
  /** Interfaces of the host from which everything may come in. */
  trusted: string[];
}

const own = 'com.docker.network.bridge.';

/** Refuses what makes no sense, in Docker's words; options it does not know are kept and mean nothing, as in Docker. */
export function bridgeOptions(options: Record<string, string>): BridgeOptions {
  const of = (label: string): string | undefined => options[label];
  const name = of(`${own}name`);
  const mtu = of('com.docker.network.driver.mtu');
  const bindingIp = address(options, `${own}host_binding_ipv4`);
  const source4 = address(options, 'com.docker.network.host_ipv4');
  const source6 = address(options, 'com.docker.network.host_ipv6');
  return {
    ...(name ? { name } : {}),
    ...(mtu === undefined ? {} : { mtu: number('com.docker.network.driver.mtu', mtu) }),
    icc: flag(options, `${own}enable_icc`, true),
    masquerade: flag(options, `${own}enable_ip_masquerade`, true),
    ...(bindingIp === undefined ? {} : { bindingIp }),
    mode4: mode(options, `${own}gateway_mode_ipv4`),
    mode6: mode(options, `${own}gateway_mode_ipv6`),
    interfacePrefix: of('com.docker.network.container_iface_prefix') || 'eth',
    ...(source4 === undefined ? {} : { source4 }),
    ...(source6 === undefined ? {} : { source6 }),
    trusted: (of(`${own}trusted_host_interfaces`) ?? '').split(':').filter(Boolean),
    inhibit4: flag(options, `${own}inhibit_ipv4`, false),
  };
}

function address(options: Record<string, string>, label: string): string | undefined {
  const value = options[label];
  if (value !== undefined && parseIp(value) === undefined) throw refusal(label, value, 'nil ip');
  return value;
}

function refusal(label: string, value: string, reason: string): EngineError {
  return new EngineError('invalid', `failed to parse ${label} value: ${value} (${reason})`);
}

function number(label: string, value: string): number {
  if (!/^[+-]?\d+$/.test(value))
    throw refusal(label, value, `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (Number(value) < 0) throw new EngineError('invalid', `invalid MTU number: ${value}`);
  return Number(value);
}

function flag(options: Record<string, string>, label: string, absent: boolean): boolean {
  const value = options[label];
  if (value === undefined) return absent;
  const truth = truthOf(value);
  if (truth === undefined) throw refusal(label, value, noTruth(value));
  return truth;
}

function mode(options: Record<string, string>, label: string): GatewayMode {
  const value = options[label] ?? '';
  if (value === '') return 'nat';
  if (value === 'nat' || value === 'nat-unprotected' || value === 'routed' || value === 'isolated') return value;
  throw refusal(label, value, `unknown gateway mode ${value}`);
}
