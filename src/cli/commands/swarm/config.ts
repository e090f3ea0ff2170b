import { flag } from '../../flags/index.ts';
import { filterFlag, formatUsage, inspectFormatUsage } from '../filters.ts';
import { checkConfigContent } from './before.ts';
import { swarmCommand } from './swarm-command.ts';

export const create = swarmCommand({
  usage: '[OPTIONS] CONFIG file|-',
  short: 'Create a config from a file or STDIN',
  flags: {
    label: flag.list('Config labels', { short: 'l' }),
    'template-driver': flag.string('Template driver'),
  },
  arity: { exactly: 2 },
  asks: '/configs',
  before: checkConfigContent,
});

export const inspect = swarmCommand({
  usage: '[OPTIONS] CONFIG [CONFIG...]',
  short: 'Display detailed information on one or more configs',
  flags: {
    format: flag.string(inspectFormatUsage, { short: 'f' }),
    pretty: flag.bool('Print the information in a human friendly format'),
  },
  arity: { atLeast: 1 },
  asks: '/configs',
  inspects: true,
});

export const ls = swarmCommand({
  usage: '[OPTIONS]',
  short: 'List configs',
  aliases: ['config ls', 'config list'],
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display IDs', { short: 'q' }),
  },
  arity: { exactly: 0 },
  asks: '/configs',
});

export const rm = swarmCommand({
  usage: 'CONFIG [CONFIG...]',
  short: 'Remove one or more configs',
  aliases: ['config rm', 'config remove'],
  flags: {},
  arity: { atLeast: 1 },
  asks: '/configs',
  each: true,
});
