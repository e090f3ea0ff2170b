import { flag } from '../../flags/index.ts';
import { filterFlag, formatUsage } from '../filters.ts';
import { checkComposeFiles } from './before.ts';
import { swarmCommand } from './swarm-command.ts';

export const config = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Outputs the final config file, after doing merges and interpolations',
  flags: {
    'compose-file': flag.list('Path to a Compose file, or "-" to read from stdin', { short: 'c', type: 'strings' }),
    'skip-interpolation': flag.bool('Skip interpolation and output only merged config'),
  },
  arity: { exactly: 0 },
  asks: '/services',
  before: checkComposeFiles,
});

export const deploy = swarmCommand({
  usage: '[OPTIONS] STACK',
  short: 'Deploy a new stack or update an existing stack',
  aliases: ['stack deploy', 'stack up'],
  flags: {
    'compose-file': flag.list('Path to a Compose file, or "-" to read from stdin', { short: 'c', type: 'strings' }),
    detach: flag.bool('Exit immediately instead of waiting for the stack services to converge', {
      short: 'd',
      initial: true,
    }),
    prune: flag.bool('Prune services that are no longer referenced'),
    quiet: flag.bool('Suppress progress output', { short: 'q' }),
    'resolve-image': flag.string(
      'Query the registry to resolve image digest and supported platforms ("always", "changed", "never")',
      { initial: 'always' },
    ),
    'with-registry-auth': flag.bool('Send registry authentication details to Swarm agents'),
  },
  arity: { exactly: 1 },
  asks: '/services',
  before: checkComposeFiles,
});

export const ls = swarmCommand({
  usage: '[OPTIONS]',
  short: 'List stacks',
  aliases: ['stack ls', 'stack list'],
  flags: {
    format: flag.string(formatUsage),
  },
  arity: { exactly: 0 },
  asks: '/services',
});

export const ps = swarmCommand({
  usage: '[OPTIONS] STACK',
  short: 'List the tasks in the stack',
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    'no-resolve': flag.bool('Do not map IDs to Names'),
    'no-trunc': flag.bool('Do not truncate output'),
    quiet: flag.bool('Only display task IDs', { short: 'q' }),
  },
  arity: { exactly: 1 },
  asks: '/services',
});

export const rm = swarmCommand({
  usage: '[OPTIONS] STACK [STACK...]',
  short: 'Remove one or more stacks',
  aliases: ['stack rm', 'stack remove', 'stack down'],
  flags: {
    detach: flag.bool('Do not wait for stack removal', { short: 'd', initial: true }),
  },
  arity: { atLeast: 1 },
  asks: '/services',
  each: true,
});

export const services = swarmCommand({
  usage: '[OPTIONS] STACK',
  short: 'List the services in the stack',
  flags: {
    filter: filterFlag('Filter output based on conditions provided'),
    format: flag.string(formatUsage),
    quiet: flag.bool('Only display IDs', { short: 'q' }),
  },
  arity: { exactly: 1 },
  asks: '/services',
});
