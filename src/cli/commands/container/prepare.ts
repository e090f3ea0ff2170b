import type { ContainerCreateResponse } from '../../../api/index.ts';
import { ApiError } from '../../../client/index.ts';
import { familiarString, parseReference, withDefaultTag } from '../../../oci/index.ts';
import { CliError, type Context } from '../../command.ts';
import type { CreateLine } from '../../create/line.ts';
import { type CreateRequest, createRequest } from '../../create/request.ts';
import { pullImage } from '../image/pull.ts';

/** A command line that is ready to be created. */
export interface Prepared {
  request: CreateRequest;
  line: CreateLine;
}

/** Judges a `run` or `create` command line before the engine is asked. */
export function prepare(line: CreateLine): Prepared {
  try {
    return judge(line);
  } catch (error) {
    throw error instanceof CliError ? error : new CliError((error as Error).message, 125, true);
  }
}

function judge(line: CreateLine): Prepared {
  if (!['always', 'missing', 'never', ''].includes(line.flags.pull)) {
    throw new Error(`invalid pull option: '${line.flags.pull}': must be one of "always", "missing" or "never"`);
  }
  return { request: createRequest(line), line };
}

/** Creates the container, pulling its image when the engine has none and the user lets it; returns its id. */
export async function createContainer(context: Context, prepared: Prepared): Promise<string> {
  return (await createBy(context, prepared, () => askCreate(context, prepared))).Id;
}

/** Docker's request to create. */
export function askCreate({ client }: Context, { request, line }: Prepared): Promise<ContainerCreateResponse> {
  return client.json({
    method: 'POST',
    path: '/containers/create',
    query: createQuery(line),
    body: request,
  });
}

export const createQuery = ({ flags }: CreateLine) => ({ name: flags.name, platform: flags.platform });

/** The same by a request of another form. */
export async function createBy<T extends ContainerCreateResponse>(
  context: Context,
  { request, line }: Prepared,
  ask: () => Promise<T>,
): Promise<T> {
  const { flags } = line;
  const image = request.Image ?? '';
  // An image by its id is no reference, and the engine knows it.
  if (!/^[0-9a-f]{64}$/.test(image)) parseReference(image);
  const { claimIdFile, writeIdFile } = await import('../../create/cidfile.ts');
  if (flags.cidfile) claimIdFile(flags.cidfile);
  if (flags.pull === 'always') await pull(context, image, line);
  let created: T;
  try {
    created = await ask();
  } catch (error) {
    if (!isMissingImage(error) || flags.pull === 'never') throw error;
    if (!flags.quiet) {
      await context.err.line(`Unable to find image '${familiarString(withDefaultTag(parseReference(image)))}' locally`);
    }
    await pull(context, image, line);
    created = await ask();
  }
  for (const warning of created.Warnings ?? []) await context.err.line(`WARNING: ${warning}`);
  if (flags.cidfile) writeIdFile(flags.cidfile, created.Id);
  return created;
}

async function pull(context: Context, image: string, { flags }: CreateLine): Promise<void> {
  const out = flags.quiet ? undefined : context.err;
  await pullImage(context, { image, platform: flags.platform, out });
}

function isMissingImage(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404 && error.message.startsWith('No such image');
}

/** A failure of `run` in the way users know it: the exit code says whose fault it was. */
export function runFailure(error: unknown, text: string): CliError {
  const message = error instanceof Error ? error.message : '';
  const missing = /executable file not found|no such file or directory|system cannot find the file specified/;
  if (missing.test(message)) return new CliError(text, 127, true);
  const denied = /permission denied|is a directory/;
  return new CliError(text, denied.test(message) ? 126 : 125, true);
}
