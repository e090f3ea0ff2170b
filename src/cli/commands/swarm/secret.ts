import { flag } from '../../flags/index.ts';
import { filterFlag, formatUsage, inspectFormatUsage } from '../filters.ts';
import { checkSecretContent } from './before.ts';
import { swarmCommand } from './swarm-command.ts';

export const create = swarmCommand({
  usage: '[OPTIONS] SECRET [file|-]',
  short: 'Create a secret from a file or STDIN as content',
  flags: {
    driver: flag.string('Secret driver', { short: 'd' }),
    label: flag.list('Secret labels', { short: 'l' }),
    'template-driver': flag.string('Template driver'),
  },
  arity: { from: 1, to: 2 },
  asks: '/secrets',
  before: checkSecretContent,
});

export const inspect = swarmCommand({
  usage: '[OPTIONS] SECRET [SECRET...]',
  short: 'Display detailed information on one or more secrets',
  flags: {
    format: flag.string(inspectFormatUsage, { short: 'f' }),
    pretty: flag.bool('Print the information in a human friendly format'),
  },
  arity: { atLeast: 1 },
  asks: '/secrets',
  inspects: true,
});

export const ls = swarmCommand({
  usage: '[OPTIONS]',
  short: 'List secrets',
  aliases: ['secret ls', 'secret list'],
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display IDs', { short: 'q' }),
  },
  arity: { exactly: 0 },
  asks: '/secrets',
});

export const rm = swarmCommand({
  usage: 'SECRET [SECRET...]',
  short: 'Remove one or more secrets',
  aliases: ['secret rm', 'secret remove'],
  flags: {},
  arity: { atLeast: 1 },
  asks: '/secrets',
  each: true,
});
