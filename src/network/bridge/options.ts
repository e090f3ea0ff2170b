import { EngineError } from '../../kit/index.ts';
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
}

const own = 'com.docker.network.bridge.';

/** Refuses what makes no sense, in Docker's words; options it does not know are kept and mean nothing, as in Docker. */
export function bridgeOptions(options: Record<string, string>): BridgeOptions {
  const of = (label: string): string | undefined => options[label];
  const name = of(`${own}name`);
  const mtu = of('com.docker.network.driver.mtu');
  const bindingIp = of(`${own}host_binding_ipv4`);
  if (bindingIp !== undefined && parseIp(bindingIp) === undefined) {
    throw refusal(`${own}host_binding_ipv4`, bindingIp, 'nil ip');
  }
  return {
    ...(name ? { name } : {}),
    ...(mtu === undefined ? {} : { mtu: number('com.docker.network.driver.mtu', mtu) }),
    icc: flag(options, `${own}enable_icc`, true),
    masquerade: flag(options, `${own}enable_ip_masquerade`, true),
    ...(bindingIp === undefined ? {} : { bindingIp }),
    mode4: mode(options, `${own}gateway_mode_ipv4`),
    mode6: mode(options, `${own}gateway_mode_ipv6`),
    interfacePrefix: of('com.docker.network.container_iface_prefix') || 'eth',
    inhibit4: flag(options, `${own}inhibit_ipv4`, false),
  };
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
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw refusal(label, value, `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function mode(options: Record<string, string>, label: string): GatewayMode {
  const value = options[label] ?? '';
  if (value === '') return 'nat';
  if (value === 'nat' || value === 'nat-unprotected' || value === 'routed' || value === 'isolated') return value;
  throw refusal(label, value, `unknown gateway mode ${value}`);
}
