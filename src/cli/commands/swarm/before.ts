import type { SystemInfo } from '../../../api/index.ts';
import { explainSystemError } from '../../../kit/index.ts';
import { CliError, type Context, type Input } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { fs } from '../../lazy.ts';
import { readInput } from '../../stdio/input.ts';

/** Founding and joining a swarm are not there. */
export async function unsupported(): Promise<void> {
  throw new Error('swarms are not managed by this program');
}

/** Leaves the swarm for good: who is in none is told so by the engine. */
export async function leaveSwarm({ client, out }: Context, { flags }: Input): Promise<void> {
  await client.send({ method: 'POST', path: '/swarm/leave', query: { force: flags.force === true } });
  await out.line('Node left the swarm.');
  throw new CliError('', 0);
}

/** Only a member that is locked can be unlocked. */
export async function checkLocked({ client }: Context): Promise<void> {
  const { Swarm } = await client.json<SystemInfo>({ method: 'GET', path: '/info' });
  if (Swarm?.LocalNodeState === 'inactive') throw new Error('Error: This node is not part of a swarm');
  if (Swarm?.LocalNodeState !== 'locked') throw new Error('Error: swarm is not locked');
}

/** The sentence that says what could not be had. */
export async function explainKey({ client }: Context): Promise<void> {
  try {
    await client.send({ method: 'GET', path: '/swarm/unlockkey' });
  } catch (error) {
    throw new Error(`could not fetch unlock key: ${errorText(error)}`, { cause: error });
  }
}

/** Each word is NAME=COUNT. */
export async function checkScale({ client }: Context, { args }: Input): Promise<void> {
  const usage =
    "See 'docker service scale --help'.\n\nUsage:  docker service scale SERVICE=REPLICAS [SERVICE=REPLICAS...]\n\nScale one or multiple replicated services";
  const wrong = args.find((word) => !word.includes('='));
  if (wrong !== undefined) throw new Error(`invalid scale specifier '${wrong}'.\n${usage}`);
  const failures: string[] = [];
  for (const word of args) {
    const name = word.slice(0, word.indexOf('='));
    await client
      .send({ method: 'GET', path: `/services/${encodeURIComponent(name)}` })
      .catch((error: unknown) => failures.push(`${name}: ${errorText(error)}`));
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

/** A stack is read from files, which must be there. */
export async function checkComposeFiles(_: Context, { flags }: Input): Promise<void> {
  const files = flags['compose-file'] as string[];
  if (files.length === 0) throw new Error('Specify a Compose file (with --compose-file)');
  for (const file of files.filter((name) => name !== '-')) readAll(file);
}

/** A config has content. */
export async function checkConfigContent(_: Context, { args }: Input): Promise<void> {
  await checkContent(args[1] ?? '', (reason) => `Error reading content from ${JSON.stringify(args[1])}: ${reason}`);
}

/** A secret has content, or a driver that gives it. */
export async function checkSecretContent(_: Context, { flags, args }: Input): Promise<void> {
  if (flags.driver) {
    if (args[1] !== undefined) throw new Error('secret data must be empty when using an external secret driver');
    return;
  }
  if (args[1] === undefined) throw new Error('secret file is required');
  await checkContent(args[1], (reason) => reason);
}

async function checkContent(file: string, words: (reason: string) => string): Promise<void> {
  const name = file === '-' ? 'STDIN' : file;
  let size = 0;
  try {
    if (file === '-') for await (const bytes of readInput()) size += bytes.length;
    else size = readAll(file).length;
  } catch (error) {
    throw new Error(words(`error reading from ${name}: ${(error as Error).message}`), { cause: error });
  }
  if (size === 0) throw new Error(words(`error reading from ${name}: data is empty`));
}

function readAll(file: string): Buffer {
  try {
    return fs().readFileSync(file);
  } catch (error) {
    throw explainSystemError(error, file);
  }
}
