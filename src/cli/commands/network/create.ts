import { command } from '../../command.ts';
import { checkLabel, collectLabels } from '../../create/values/env.ts';
import { map } from '../../create/values/values.ts';
import { flag } from '../../flags/index.ts';

import { ipamConfig } from './ipam.ts';

export const create = command({
  usage: '[OPTIONS] NETWORK',
  short: 'Create a network',
  flags: {
    attachable: flag.bool('Enable manual container attachment'),
    'aux-address': map('Auxiliary IPv4 or IPv6 addresses used by Network driver'),
    'config-from': flag.string('The network from which to copy the configuration'),
    'config-only': flag.bool('Create a configuration only network'),
    driver: flag.string('Driver to manage the Network', { short: 'd', initial: 'bridge' }),
    gateway: flag.strings('IPv4 or IPv6 Gateway for the master subnet'),
    ingress: flag.bool('Create swarm routing-mesh network'),
    internal: flag.bool('Restrict external access to the network'),
    'ip-range': flag.strings('Allocate container ip from a sub-range'),
    'ipam-driver': flag.string('IP Address Management Driver', { initial: 'default' }),
    'ipam-opt': map('Set IPAM driver specific options'),
    ipv4: flag.bool('Enable or disable IPv4 address assignment', { initial: true }),
    ipv6: flag.bool('Enable or disable IPv6 address assignment'),
    label: flag.list('Set metadata on a network', {}, checkLabel),
    opt: { ...map('Set driver specific options'), short: 'o' },
    scope: flag.string("Control the network's scope"),
    subnet: flag.strings('Subnet in CIDR format that represents a network segment'),
  },
  arity: { exactly: 1 },
  examples: [
    ["A network of one's own addresses", 'network create --subnet 172.30.0.0/16 --gateway 172.30.0.1 backend'],
  ],
  async run({ client, out }, { flags, given, args }) {
    const { Id } = await client.json<{ Id: string }>({
      method: 'POST',
      path: '/networks/create',
      body: {
        Name: args[0],
        Driver: flags.driver,
        Scope: flags.scope,
        ...(given.has('ipv4') ? { EnableIPv4: flags.ipv4 } : {}),
        ...(given.has('ipv6') ? { EnableIPv6: flags.ipv6 } : {}),
        IPAM: {
          Driver: flags['ipam-driver'],
          Options: flags['ipam-opt'],
          Config: ipamConfig({
            subnets: flags.subnet,
            ranges: flags['ip-range'],
            gateways: flags.gateway,
            auxiliary: flags['aux-address'],
          }),
        },
        Internal: flags.internal,
        Attachable: flags.attachable,
        Ingress: flags.ingress,
        ConfigOnly: flags['config-only'],
        ConfigFrom: flags['config-from'] ? { Network: flags['config-from'] } : null,
        Options: flags.opt,
        Labels: collectLabels([], flags.label),
      },
    });
    await out.line(Id);
    return 0;
  },
});
