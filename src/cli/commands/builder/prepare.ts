import type { BuildSessionRequest } from '../../../api/index.ts';
import { messageOf } from '../../../kit/index.ts';
import { CliError, type Context } from '../../command.ts';
import type { Values } from '../../flags/index.ts';
import { fs } from '../../lazy.ts';
import { readAgents } from './agent/agents.ts';
import type { Call } from './options/call.ts';
import type { buildFlags } from './options/flags.ts';
import { refuseUntrue } from './options/refuse.ts';
import { requestOf } from './options/request.ts';
import { readSecrets } from './options/secrets.ts';
import { createPlaces } from './places.ts';
import type { Answers } from './session.ts';
import { type BuildSource, openContext } from './source/contexts.ts';

/** A build that can begin: what the engine is asked, and what it may ask back. */
export interface Prepared {
  request: BuildSessionRequest;
  answers: Omit<Answers, 'status' | 'explain'>;
  source: BuildSource;
}

/** A repository that is fetched over ssh needs the agent, whether it is said or not. */
function agentsFor(where: string, given: string[]): string[] {
  const isSsh = /^(ssh:\/\/|[\w-]+@[\w.-]+:)/.test(where) && !fs().existsSync(where);
  return isSsh && !given.some((one) => /^(default)?(=|$)/.test(one)) ? [...given, 'default'] : given;
}

/** Reads the options and opens the context; what is wrong is told as buildx tells it. */
export async function prepare(
  context: Context,
  { flags, call, where }: { flags: Values<typeof buildFlags>; call: Call; where: string },
): Promise<Prepared> {
  try {
    refuseUntrue(flags);
    const secrets = readSecrets(flags.secret, context.env);
    const agents = readAgents(agentsFor(where, flags.ssh), context.env);
    const source = await openContext(where, { file: flags.file, contexts: flags['build-context'] });
    const known = { secrets: [...secrets.keys()], ssh: [...agents.keys()] };
    const request = await requestOf(context, { flags, call, source, ...known });
    const answers = {
      ...createPlaces(context, source, request),
      secret: (id: string) => secrets.get(id)?.(),
      agent: (id: string) => agents.get(id)?.(),
    };
    return { request, answers, source };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`ERROR: failed to build: ${messageOf(error)}`, 1);
  }
}
