import { flag } from '../../flags/index.ts';
import { filterFlag, formatUsage, inspectFormatUsage } from '../filters.ts';
import { checkScale } from './before.ts';
import { planned, shared } from './service-flags.ts';
import { swarmCommand, text } from './swarm-command.ts';

export const create = swarmCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create a new service',
  flags: {
    ...shared,
    ...planned('create'),
    config: text('Specify configurations to expose to the service', { type: 'config' }),
    constraint: flag.list('Placement constraints'),
    'container-label': flag.list('Container labels'),
    dns: flag.list('Set custom DNS servers'),
    'dns-option': flag.list('Set DNS options'),
    'dns-search': flag.list('Set custom DNS search domains'),
    env: flag.list('Set environment variables', { short: 'e' }),
    'env-file': flag.list('Read in a file of environment variables'),
    'generic-resource': flag.list('User defined resources'),
    group: flag.list('Set one or more supplementary user groups for the container'),
    host: flag.list('Set one or more custom host-to-IP mappings (host:ip)'),
    label: flag.list('Service labels', { short: 'l' }),
    mode: flag.string('Service mode ("replicated", "global", "replicated-job", "global-job")', {
      initial: 'replicated',
    }),
    mount: text('Attach a filesystem mount to the service', { type: 'mount' }),
    name: flag.string('Service name'),
    network: text('Network attachments', { type: 'network' }),
    'placement-pref': text('Add a placement preference', { type: 'pref' }),
    publish: text('Publish a port as a node port', { short: 'p', type: 'port' }),
    secret: text('Specify secrets to expose to the service', { type: 'secret' }),
    sysctl: flag.list('Sysctl options'),
    ulimit: text('Ulimit options', { type: 'ulimit', shown: '[]' }),
  },
  arity: { atLeast: 1 },
  interspersed: false,
  asks: '/services',
});

export const inspect = swarmCommand({
  usage: '[OPTIONS] SERVICE [SERVICE...]',
  short: 'Display detailed information on one or more services',
  flags: {
    format: flag.string(inspectFormatUsage, { short: 'f' }),
    pretty: flag.bool('Print the information in a human friendly format'),
  },
  arity: { atLeast: 1 },
  asks: '/services',
  inspects: true,
});

export const logs = swarmCommand({
  usage: '[OPTIONS] SERVICE|TASK',
  short: 'Fetch the logs of a service or task',
  flags: {
    details: flag.bool('Show extra details provided to logs'),
    follow: flag.bool('Follow log output', { short: 'f' }),
    'no-resolve': flag.bool('Do not map IDs to Names in output'),
    'no-task-ids': flag.bool('Do not include task IDs in output'),
    'no-trunc': flag.bool('Do not truncate output'),
    raw: flag.bool('Do not neatly format logs'),
    since: flag.string(
      'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
    ),
    tail: flag.string('Number of lines to show from the end of the logs', { short: 'n', initial: 'all' }),
    timestamps: flag.bool('Show timestamps', { short: 't' }),
  },
  arity: { exactly: 1 },
  asks: '/services',
});

export const ls = swarmCommand({
  usage: '[OPTIONS]',
  short: 'List services',
  aliases: ['service ls', 'service list'],
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display IDs', { short: 'q' }),
  },
  arity: { exactly: 0 },
  asks: '/services',
});

export const ps = swarmCommand({
  usage: '[OPTIONS] SERVICE [SERVICE...]',
  short: 'List the tasks of one or more services',
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string('Pretty-print tasks using a Go template'),
    'no-resolve': flag.bool('Do not map IDs to Names'),
    'no-trunc': flag.bool('Do not truncate output'),
    quiet: flag.bool('Only display task IDs', { short: 'q' }),
  },
  arity: { atLeast: 1 },
  asks: '/services',
});

export const rm = swarmCommand({
  usage: 'SERVICE [SERVICE...]',
  short: 'Remove one or more services',
  aliases: ['service rm', 'service remove'],
  flags: {},
  arity: { atLeast: 1 },
  asks: '/services',
  each: true,
});

export const rollback = swarmCommand({
  usage: '[OPTIONS] SERVICE',
  short: "Revert changes to a service's configuration",
  flags: {
    detach: flag.bool('Exit immediately instead of waiting for the service to converge', { short: 'd' }),
    quiet: flag.bool('Suppress progress output', { short: 'q' }),
  },
  arity: { exactly: 1 },
  asks: '/services',
});

export const scale = swarmCommand({
  usage: 'SERVICE=REPLICAS [SERVICE=REPLICAS...]',
  short: 'Scale one or multiple replicated services',
  flags: {
    detach: flag.bool('Exit immediately instead of waiting for the service to converge', { short: 'd' }),
  },
  arity: { atLeast: 1 },
  asks: '/services',
  before: checkScale,
});

export const update = swarmCommand({
  usage: '[OPTIONS] SERVICE',
  short: 'Update a service',
  flags: {
    ...shared,
    ...planned('update'),
    args: text('Service command args', { type: 'command' }),
    'config-add': text('Add or update a config file on a service', { type: 'config' }),
    'config-rm': flag.list('Remove a configuration file'),
    'constraint-add': flag.list('Add or update a placement constraint'),
    'constraint-rm': flag.list('Remove a constraint'),
    'container-label-add': flag.list('Add or update a container label'),
    'container-label-rm': flag.list('Remove a container label by its key'),
    'dns-add': flag.list('Add or update a custom DNS server'),
    'dns-option-add': flag.list('Add or update a DNS option'),
    'dns-option-rm': flag.list('Remove a DNS option'),
    'dns-rm': flag.list('Remove a custom DNS server'),
    'dns-search-add': flag.list('Add or update a custom DNS search domain'),
    'dns-search-rm': flag.list('Remove a DNS search domain'),
    'env-add': flag.list('Add or update an environment variable'),
    'env-rm': flag.list('Remove an environment variable'),
    force: flag.bool('Force update even if no changes require it'),
    'generic-resource-add': flag.list('Add a Generic resource'),
    'generic-resource-rm': flag.list('Remove a Generic resource'),
    'group-add': flag.list('Add an additional supplementary user group to the container'),
    'group-rm': flag.list('Remove a previously added supplementary user group from the container'),
    'host-add': flag.list('Add a custom host-to-IP mapping ("host:ip")'),
    'host-rm': flag.list('Remove a custom host-to-IP mapping ("host:ip")'),
    image: flag.string('Service image tag'),
    'label-add': flag.list('Add or update a service label'),
    'label-rm': flag.list('Remove a label by its key'),
    'mount-add': text('Add or update a mount on a service', { type: 'mount' }),
    'mount-rm': flag.list('Remove a mount by its target path'),
    'network-add': text('Add a network', { type: 'network' }),
    'network-rm': flag.list('Remove a network'),
    'placement-pref-add': text('Add a placement preference', { type: 'pref' }),
    'placement-pref-rm': text('Remove a placement preference', { type: 'pref' }),
    'publish-add': text('Add or update a published port', { type: 'port' }),
    'publish-rm': text('Remove a published port by its target port', { type: 'port' }),
    rollback: flag.bool('Rollback to previous specification'),
    'secret-add': text('Add or update a secret on a service', { type: 'secret' }),
    'secret-rm': flag.list('Remove a secret'),
    'sysctl-add': flag.list('Add or update a Sysctl option'),
    'sysctl-rm': flag.list('Remove a Sysctl option'),
    'ulimit-add': text('Add or update a ulimit option', { type: 'ulimit', shown: '[]' }),
    'ulimit-rm': flag.list('Remove a ulimit option'),
  },
  arity: { exactly: 1 },
  asks: '/services',
});
