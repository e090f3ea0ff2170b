import type { Client } from '../../../client/index.ts';
import { familiarName, familiarString, parseReference, type Reference, withDefaultTag } from '../../../oci/index.ts';
import { command } from '../../command.ts';
import { type AuthConfig, authHeader, findLogin, loginIfAny, registryOf } from '../../config/credentials.ts';
import type { Config } from '../../config/file.ts';
import { flag } from '../../flags/index.ts';
import type { Output } from '../../stdio/output.ts';
import { showProgress } from '../../stdio/progress.ts';
import { refuseTrust } from './trust.ts';

export const pull = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  short: 'Download an image from a registry',
  aliases: ['image pull', 'pull'],
  flags: {
    'all-tags': flag.bool('Download all tagged images in the repository', { short: 'a' }),
    'disable-content-trust': flag.bool('Skip image verification', { initial: true }),
    platform: flag.string('Set platform if server is multi-platform capable'),
    quiet: flag.bool('Suppress verbose output', { short: 'q' }),
  },
  arity: { exactly: 1 },
  examples: [['The newest Debian', 'pull debian:stable']],
  async run({ client, config, out, env }, { flags, given, args }) {
    refuseTrust(flags, given, env);
    const [image = ''] = args;
    const reference = readTarget(image, flags['all-tags']);
    if (!isNamed(parseReference(image)) && !flags['all-tags'] && !flags.quiet) {
      await out.line(`Using default tag: ${reference.tag}`);
    }
    const platform = flags.platform || env.DOCKER_DEFAULT_PLATFORM || '';
    const login = await loginIfAny(config, registryOf(familiarString(reference)));
    await pullReference(client, { reference, platform, login, out: flags.quiet ? undefined : out });
    await out.line(wholeName(reference));
    return 0;
  },
});

/** Asks the engine to pull an image and shows what it says on `out`. */
export async function pullImage(
  { client, config }: { client: Client; config: Config },
  { image, platform, out }: { image: string; platform: string; out: Output | undefined },
): Promise<void> {
  const reference = withDefaultTag(parseReference(image));
  const login = await findLogin(config, registryOf(familiarString(reference)));
  await pullReference(client, { reference, platform, login, out });
}

async function pullReference(
  client: Client,
  {
    reference,
    platform,
    login,
    out,
  }: { reference: Reference; platform: string; login: AuthConfig; out: Output | undefined },
): Promise<void> {
  const reply = await client.request({
    method: 'POST',
    path: '/images/create',
    query: { fromImage: familiarName(reference), tag: reference.digest ?? reference.tag, platform },
    headers: { 'X-Registry-Auth': authHeader(login) },
  });
  await showProgress(reply.body, out);
}

/** What is pulled or pushed: with all tags a name alone, else with a tag, `latest` where none is given. */
export function readTarget(image: string, all: boolean): Reference {
  const reference = parseReference(image);
  if (all && isNamed(reference)) throw new Error("tag can't be used with --all-tags/-a");
  return all ? reference : withDefaultTag(reference);
}

/** Whether a reference says which image of its repository is meant. */
export function isNamed({ tag, digest }: Reference): boolean {
  return tag !== undefined || digest !== undefined;
}

/** A reference with its registry. */
export function wholeName({ domain, path, tag, digest }: Reference): string {
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
