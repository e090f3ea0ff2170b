import { stat } from 'node:fs/promises';
import { CliError, command } from '../../command.ts';
import { checkContextName } from '../../endpoint/contexts.ts';
import { flag } from '../../flags/index.ts';
import { openContexts } from './open.ts';

export const use = command({
  usage: 'CONTEXT',
  short: 'Set the current docker context',
  flags: {},
  arity: { exactly: 1 },
  async run(context, { args }) {
    const { out, err, env, config } = context;
    const [name = ''] = args;
    if (name !== 'default') {
      checkContextName(name);
      await openContexts(context).get(name);
    }
    const chosen = name === 'default' ? '' : name;
    if ((config.data.currentContext ?? '') !== chosen) {
      config.data.currentContext = chosen;
      await config.save();
    }
    await out.line(name);
    await out.flush();
    await err.line(`Current context is now ${JSON.stringify(name)}`);
    const variable = env.TUG_HOST ? 'TUG_HOST' : env.DOCKER_HOST ? 'DOCKER_HOST' : undefined;
    if (variable && name !== 'default') {
      await err.line(
        `Warning: ${variable} environment variable overrides the active context. To use ${JSON.stringify(name)}, either set the global --context flag, or unset ${variable} environment variable.`,
      );
    }
    return 0;
  },
});

export const show = command({
  usage: '',
  short: 'Print the name of the current context',
  flags: {},
  async run({ out, contextName }) {
    await out.line(contextName);
    return 0;
  },
});

export const remove = command({
  usage: 'CONTEXT [CONTEXT...]',
  short: 'Remove one or more contexts',
  aliases: ['context rm', 'context remove'],
  flags: { force: flag.bool('Force the removal of a context in use', { short: 'f' }) },
  arity: { atLeast: 1 },
  async run(context, { flags, args }) {
    const { out, config, contextName } = context;
    const contexts = openContexts(context);
    const failures: string[] = [];
    for (const name of args) {
      const quoted = JSON.stringify(name);
      if (name === 'default') {
        failures.push('context "default" cannot be removed');
        continue;
      }
      if (name === contextName && !flags.force) {
        failures.push(`context ${quoted} is in use, set -f flag to force remove`);
        continue;
      }
      if (name === contextName) {
        config.data.currentContext = '';
        await config.save();
      }
      const isThere = await stat(contexts.paths(name).MetadataPath).catch(() => undefined);
      if (!isThere && !flags.force) {
        failures.push(`context ${quoted} does not exist`);
        continue;
      }
      await contexts.remove(name);
      await out.line(name);
    }
    await out.flush();
    if (failures.length > 0) throw new CliError(failures.join('\n'));
    return 0;
  },
});
