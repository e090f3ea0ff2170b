import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';

export const connect = command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  short: 'Connect a container to a network',
  flags: {
    alias: flag.strings('Add network-scoped alias for the container'),
    'driver-opt': flag.strings('driver options for the network'),
    'gw-priority': flag.int('Highest gw-priority provides the default gateway. Accepts positive and negative values.'),
    ip: flag.string('IPv4 address (e.g., "172.30.100.104")'),
    ip6: flag.string('IPv6 address (e.g., "2001:db8::33")'),
    link: flag.list('Add link to another container', {}, checkLink),
    'link-local-ip': flag.strings('Add a link-local address for the container'),
  },
  arity: { exactly: 2 },
  async run({ client }, { flags, args }) {
    const [network = '', container] = args;
    await client.send({
      method: 'POST',
      path: `/networks/${encodeURIComponent(network)}/connect`,
      body: {
        Container: container,
        EndpointConfig: {
          IPAMConfig: {
            ...(flags.ip ? { IPv4Address: flags.ip } : {}),
            ...(flags.ip6 ? { IPv6Address: flags.ip6 } : {}),
            ...(flags['link-local-ip'].length > 0 ? { LinkLocalIPs: flags['link-local-ip'] } : {}),
          },
          Links: flags.link,
          Aliases: flags.alias,
          DriverOpts: driverOptions(flags['driver-opt']),
          GwPriority: flags['gw-priority'],
        },
      },
    });
    return 0;
  },
});

export const disconnect = command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  short: 'Disconnect a container from a network',
  flags: { force: flag.bool('Force the container to disconnect from a network', { short: 'f' }) },
  arity: { exactly: 2 },
  async run({ client }, { flags, args }) {
    const [network = '', Container] = args;
    await client.send({
      method: 'POST',
      path: `/networks/${encodeURIComponent(network)}/disconnect`,
      body: { Container, Force: flags.force },
    });
    return 0;
  },
});

function checkLink(text: string): string {
  if (text === '') throw new Error('empty string specified for links');
  if (text.split(':').length > 2) throw new Error(`bad format for links: ${text}`);
  return text;
}

function driverOptions(words: string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      const name = word.slice(0, Math.max(equals, 0)).trim();
      if (name === '') throw new Error('invalid key/value pair format in driver options');
      return [name, word.slice(equals + 1).trim()];
    }),
  );
}
