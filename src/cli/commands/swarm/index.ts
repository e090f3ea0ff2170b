import { entry, type Group } from '../entry.ts';

/** The nouns of a swarm. */
export const swarmGroups: Record<string, Group> = {
  config: {
    short: 'Manage Swarm configs',
    swarm: 'manager',
    commands: {
      create: entry('Create a config from a file or STDIN', async () => (await import('./config.ts')).create),
      inspect: entry(
        'Display detailed information on one or more configs',
        async () => (await import('./config.ts')).inspect,
      ),
      ls: entry('List configs', async () => (await import('./config.ts')).ls),
      rm: entry('Remove one or more configs', async () => (await import('./config.ts')).rm),
    },
    synonyms: { list: 'ls', remove: 'rm' },
  },
  node: {
    short: 'Manage Swarm nodes',
    swarm: 'manager',
    commands: {
      demote: entry(
        'Demote one or more nodes from manager in the swarm',
        async () => (await import('./node.ts')).demote,
      ),
      inspect: entry(
        'Display detailed information on one or more nodes',
        async () => (await import('./node.ts')).inspect,
      ),
      ls: entry('List nodes in the swarm', async () => (await import('./node.ts')).ls),
      promote: entry(
        'Promote one or more nodes to manager in the swarm',
        async () => (await import('./node.ts')).promote,
      ),
      ps: entry(
        'List tasks running on one or more nodes, defaults to current node',
        async () => (await import('./node.ts')).ps,
      ),
      rm: entry('Remove one or more nodes from the swarm', async () => (await import('./node.ts')).rm),
      update: entry('Update a node', async () => (await import('./node.ts')).update),
    },
    synonyms: { list: 'ls', remove: 'rm' },
  },
  secret: {
    short: 'Manage Swarm secrets',
    swarm: 'manager',
    commands: {
      create: entry(
        'Create a secret from a file or STDIN as content',
        async () => (await import('./secret.ts')).create,
      ),
      inspect: entry(
        'Display detailed information on one or more secrets',
        async () => (await import('./secret.ts')).inspect,
      ),
      ls: entry('List secrets', async () => (await import('./secret.ts')).ls),
      rm: entry('Remove one or more secrets', async () => (await import('./secret.ts')).rm),
    },
    synonyms: { list: 'ls', remove: 'rm' },
  },
  service: {
    short: 'Manage Swarm services',
    swarm: 'manager',
    commands: {
      create: entry('Create a new service', async () => (await import('./service.ts')).create),
      inspect: entry(
        'Display detailed information on one or more services',
        async () => (await import('./service.ts')).inspect,
      ),
      logs: entry('Fetch the logs of a service or task', async () => (await import('./service.ts')).logs),
      ls: entry('List services', async () => (await import('./service.ts')).ls),
      ps: entry('List the tasks of one or more services', async () => (await import('./service.ts')).ps),
      rm: entry('Remove one or more services', async () => (await import('./service.ts')).rm),
      rollback: entry(
        "Revert changes to a service's configuration",
        async () => (await import('./service.ts')).rollback,
      ),
      scale: entry('Scale one or multiple replicated services', async () => (await import('./service.ts')).scale),
      update: entry('Update a service', async () => (await import('./service.ts')).update),
    },
    synonyms: { list: 'ls', remove: 'rm' },
  },
  stack: {
    short: 'Manage Swarm stacks',
    swarm: 'manager',
    commands: {
      config: entry(
        'Outputs the final config file, after doing merges and interpolations',
        async () => (await import('./stack.ts')).config,
      ),
      deploy: entry('Deploy a new stack or update an existing stack', async () => (await import('./stack.ts')).deploy),
      ls: entry('List stacks', async () => (await import('./stack.ts')).ls),
      ps: entry('List the tasks in the stack', async () => (await import('./stack.ts')).ps),
      rm: entry('Remove one or more stacks', async () => (await import('./stack.ts')).rm),
      services: entry('List the services in the stack', async () => (await import('./stack.ts')).services),
    },
    synonyms: { up: 'deploy', list: 'ls', remove: 'rm', down: 'rm' },
  },
  swarm: {
    short: 'Manage Swarm',
    swarm: 'any',
    commands: {
      init: entry('Initialize a swarm', async () => (await import('./swarm.ts')).init),
      join: entry('Join a swarm as a node and/or manager', async () => (await import('./swarm.ts')).join),
      leave: entry('Leave the swarm', async () => (await import('./swarm.ts')).leave, { hidden: 'active' }),
      ca: entry('Display and rotate the root CA', async () => (await import('./swarm.ts')).ca, { hidden: 'manager' }),
      'join-token': entry('Manage join tokens', async () => (await import('./swarm.ts')).joinToken, {
        hidden: 'manager',
      }),
      unlock: entry('Unlock swarm', async () => (await import('./swarm.ts')).unlock, { hidden: 'manager' }),
      'unlock-key': entry('Manage the unlock key', async () => (await import('./swarm.ts')).unlockKey, {
        hidden: 'manager',
      }),
      update: entry('Update the swarm', async () => (await import('./swarm.ts')).update, { hidden: 'manager' }),
    },
    synonyms: {},
  },
};
