import type { ContainerCreateResponse, Ending } from '../../../api/index.ts';
import { ApiError, type ByteStream } from '../../../client/index.ts';
import { CliError, type Context } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { joinStreams } from '../../stdio/session.ts';

/** What a request of tug's own gives; undefined from an engine that has no such request, being no tug. */
export async function ifTug<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404 && error.message === 'page not found') return undefined;
    throw error;
  }
}

/** The container that the answer to `/tug/run` names in its head. */
export function createdBy(headers: Map<string, string>): ContainerCreateResponse {
  return JSON.parse(decodeURIComponent(headers.get('tug-created') ?? '')) as ContainerCreateResponse;
}

/** Copies both ways to the end of the process, and returns its exit code; what kept it from running is thrown as an ApiError. */
export async function joinDirect(
  stream: ByteStream,
  context: Pick<Context, 'out' | 'err'>,
  streams: { input: boolean; out: boolean; err: boolean },
): Promise<number> {
  let told: Ending | undefined;
  await joinStreams({
    stream,
    tty: false,
    input: streams.input,
    out: streams.out ? context.out : undefined,
    err: streams.err ? context.err : undefined,
    detachKeys: [],
    ending(ending) {
      told = ending;
    },
  }).catch((error) => {
    throw new CliError(errorText(error));
  });
  if (told === undefined) throw new CliError('unexpected EOF', 125);
  if ('error' in told) throw new ApiError(told.error.status, told.error.message);
  return told.StatusCode;
}
