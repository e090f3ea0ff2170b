import type { ContainerCreateResponse } from '../../../api/index.ts';
import { ApiError } from '../../../client/index.ts';
import { familiarString, formatPlatform, parsePlatform, parseReference, withDefaultTag } from '../../../oci/index.ts';
import { CliError, type Context } from '../../command.ts';
import type { CreateLine } from '../../create/line.ts';
import { type CreateRequest, createRequest } from '../../create/request.ts';

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

const windowsOnly = ['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops'];

function judge(line: CreateLine): Prepared {
  if (!['always', 'missing', 'never', ''].includes(line.flags.pull)) {
    throw new Error(`invalid pull option: '${line.flags.pull}': must be one of "always", "missing" or "never"`);
  }
  const foreign = windowsOnly.find((name) => line.given.has(name));
  if (foreign) {
    const where = 'is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux';
    throw new CliError(`"--${foreign}" ${where}`);
  }
  return { request: createRequest(line), line };
}

/** Creates the container, pulling its image when the engine has none and the user lets it; returns its id. */
export async function createContainer(context: Context, prepared: Prepared): Promise<string> {
  return (await createBy(context, prepared, () => askCreate(context, prepared))).Id;
}

/** Docker's request to create. */
export function askCreate({ client }: Context, prepared: Prepared): Promise<ContainerCreateResponse> {
  return client.json({
    method: 'POST',
    path: '/containers/create',
    query: createQuery(prepared),
    body: prepared.request,
  });
}

export const createQuery = ({ line }: Prepared) => ({ name: line.flags.name, platform: platformOf(line) });

/** The same by a request of another form. */
export async function createBy<T extends ContainerCreateResponse>(
  context: Context,
  prepared: Prepared,
  ask: () => Promise<T>,
): Promise<T> {
  const { cidfile } = prepared.line.flags;
  if (!cidfile) return create(context, prepared, ask);
  const file = (await import('../../create/local/cidfile.ts')).createIdFile(cidfile);
  try {
    const created = await create(context, prepared, ask);
    file.write(created.Id);
    return created;
  } finally {
    file.close();
  }
}

async function create<T extends ContainerCreateResponse>(
  context: Context,
  prepared: Prepared,
  ask: () => Promise<T>,
): Promise<T> {
  const { flags } = prepared.line;
  const image = prepared.request.Image ?? '';
  // An image by its id is no reference, and the engine knows it.
  if (!/^[0-9a-f]{64}$/.test(image)) parseReference(image);
  const complete = await completeRequest(context, prepared);
  if (flags.pull === 'always') await pull(context, image, prepared);
  let created: T;
  try {
    created = await ask();
  } catch (error) {
    if (!isMissingImage(error) || flags.pull !== 'missing') throw error;
    if (!flags.quiet) {
      await context.err.line(`Unable to find image '${familiarString(withDefaultTag(parseReference(image)))}' locally`);
    }
    await pull(context, image, prepared);
    created = await ask();
  }
  for (const warning of [...(created.Warnings ?? []), ...loopbackWarning(flags.dns)]) {
    await context.err.line(`WARNING: ${warning}`);
  }
  await complete?.(created.Id);
  return created;
}

/** Another engine would take the request and leave out what it does not know. */
async function needTug({ client }: Context): Promise<void> {
  const { headers } = await client.request({ method: 'GET', path: '/_ping' });
  if (!headers.get('server')?.startsWith('Tug/'))
    throw new CliError('"--secret" is only there on an engine that is tug', 125);
}

/** What few command lines need is loaded for them alone. */
async function completeRequest(
  context: Context,
  { request, line }: Prepared,
): Promise<((id: string) => Promise<void>) | undefined> {
  const { flags, given, env } = line;
  if (given.has('disable-content-trust') || env.DOCKER_CONTENT_TRUST) {
    (await import('../image/trust.ts')).refuseTrust(flags, given, env);
  }
  if (flags.secret.length > 0) {
    const { readSecret } = await import('../../create/local/secrets.ts');
    await needTug(context);
    Object.assign(request, { Tug: { Secrets: flags.secret.map((text) => readSecret(text, env)) } });
  }
  const { proxies } = context.config.data;
  if (proxies) {
    const { proxyVariables } = await import('../../create/local/proxies.ts');
    const added = proxyVariables(proxies, context.client.host, flags.env);
    Object.assign(request, { Env: [...(request.Env ?? []), ...added] });
  }
  if (!flags['use-api-socket']) return undefined;
  return (await import('../../create/local/api-socket.ts')).shareSocket(context, request);
}

/** The platform that is asked for, '' for the engine's own. */
function platformOf({ flags, env }: CreateLine): string {
  const platform = flags.platform || env.DOCKER_DEFAULT_PLATFORM || '';
  if (platform === '') return '';
  try {
    return formatPlatform(parsePlatform(platform));
  } catch (error) {
    throw new Error(`error parsing specified platform: ${(error as Error).message}`, { cause: error });
  }
}

/** A resolver on this host's loopback is another one in the container. */
export function loopbackWarning(dns: string[]): string[] {
  const loopback = dns.find((address) => /^127\.|^(0*:)*:?0*1$/.test(address));
  return loopback ? [`Localhost DNS (${loopback}) may fail in containers.`] : [];
}

async function pull(context: Context, image: string, { line }: Prepared): Promise<void> {
  const { pullImage } = await import('../image/pull.ts');
  await pullImage(context, { image, platform: platformOf(line), out: line.flags.quiet ? undefined : context.err });
}

/** There is none, or none for the platform. */
const missingImage = /^No such image|does not match the specified platform/;

function isMissingImage(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404 && missingImage.test(error.message);
}

/** A failure of `run` in the way users know it: the exit code says whose fault it was. */
export function runFailure(error: unknown, text: string): CliError {
  return new CliError(text, failureCode(error instanceof Error ? error.message : ''), true);
}

/** The exit code of a `run` that failed so. */
export function failureCode(message: string): number {
  const missing = /executable file not found|no such file or directory|system cannot find the file specified/;
  if (missing.test(message)) return 127;
  return /permission denied|is a directory/.test(message) ? 126 : 125;
}
