import { flag } from '../../flags/index.ts';
import { filterFlag, formatUsage, inspectFormatUsage } from '../filters.ts';
import { swarmCommand } from './swarm-command.ts';

export const demote = swarmCommand({
  usage: 'NODE [NODE...]',
  short: 'Demote one or more nodes from manager in the swarm',
  flags: {},
  arity: { atLeast: 1 },
  asks: '/nodes',
});

export const inspect = swarmCommand({
  usage: '[OPTIONS] self|NODE [NODE...]',
  short: 'Display detailed information on one or more nodes',
  flags: {
    format: flag.string(inspectFormatUsage, { short: 'f' }),
    pretty: flag.bool('Print the information in a human friendly format'),
  },
  arity: { atLeast: 1 },
  asks: '/nodes',
  inspects: true,
});

export const ls = swarmCommand({
  usage: '[OPTIONS]',
  short: 'List nodes in the swarm',
  aliases: ['node ls', 'node list'],
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display IDs', { short: 'q' }),
  },
  arity: { exactly: 0 },
  asks: '/nodes',
});

export const promote = swarmCommand({
  usage: 'NODE [NODE...]',
  short: 'Promote one or more nodes to manager in the swarm',
  flags: {},
  arity: { atLeast: 1 },
  asks: '/nodes',
});

export const ps = swarmCommand({
  usage: '[OPTIONS] [NODE...]',
  short: 'List tasks running on one or more nodes, defaults to current node',
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string('Pretty-print tasks using a Go template'),
    'no-resolve': flag.bool('Do not map IDs to Names'),
    'no-trunc': flag.bool('Do not truncate output'),
    quiet: flag.bool('Only display task IDs', { short: 'q' }),
  },
  arity: { atLeast: 0 },
  asks: '/nodes',
});

export const rm = swarmCommand({
  usage: '[OPTIONS] NODE [NODE...]',
  short: 'Remove one or more nodes from the swarm',
  aliases: ['node rm', 'node remove'],
  flags: {
    force: flag.bool('Force remove a node from the swarm', { short: 'f' }),
  },
  arity: { atLeast: 1 },
  asks: '/nodes',
  each: true,
});

export const update = swarmCommand({
  usage: '[OPTIONS] NODE',
  short: 'Update a node',
  flags: {
    availability: flag.string('Availability of the node ("active", "pause", "drain")'),
    'label-add': flag.list('Add or update a node label ("key=value")'),
    'label-rm': flag.list('Remove a node label if exists'),
    role: flag.string('Role of the node ("worker", "manager")'),
  },
  arity: { exactly: 1 },
  asks: '/nodes',
});
