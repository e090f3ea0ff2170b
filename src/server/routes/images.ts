import { decodeContainerCreate } from '../../api/decode/index.ts';
import { olderThan } from '../../api/index.ts';
import type { Images } from '../../image/index.ts';
import { EngineError } from '../../kit/index.ts';
import {
  familiarString,
  isTag,
  type Platform,
  parsePlatform,
  parseReference,
  type Reference,
} from '../../oci/index.ts';
import type { Backends } from '../contract.ts';
import { requestCredentials } from '../credentials.ts';
import { describeError } from '../errors.ts';
import { type ProgressMessage, progressLine } from '../progress-line.ts';
import { type Handler, type Request, readJsonBody, sendJson } from '../request.ts';
import type { Route } from '../router.ts';
import { shapeImage, shapeImageSummary } from '../versions/image.ts';
import { sendArchive } from './container/files.ts';
import { wantedPlatform, wantedPlatforms } from './platform.ts';

/** Images: what is here, and what comes in as an archive. */
export function imageRoutes(backends: Backends): Route[] {
  const { images } = backends;
  return [
    ['GET', '/images/json', listHandler(backends)],
    ['POST', '/images/load', loadHandler(backends)],
    ['POST', '/images/create', createHandler(backends)],
    ['GET', '/images/get', saveHandler(backends, ({ query }) => query.all('names'))],
    ['POST', '/images/prune', pruneHandler(backends)],
    ['POST', '/commit', commitHandler(backends)],
    ['GET', '/images/{name}/json', inspectHandler(backends)],
    ['GET', '/images/{name}/get', saveHandler(backends, ({ name }) => [name])],
    [
      'GET',
      '/images/{name}/history',
      async (request) => {
        const [platform] = wantedPlatforms(request, 'platform', '1.48');
        await sendJson(request, 200, images.history(request.name, platform));
      },
    ],
    ['POST', '/images/{name}/tag', tagHandler(backends)],
    ['POST', '/images/{name}/push', pushHandler(backends)],
    [
      'DELETE',
      '/images/{name}',
      async (request) => {
        const { name, query } = request;
        const platforms = wantedPlatforms(request, 'platforms', '1.50');
        const options = { force: query.flag('force'), prune: !query.flag('noprune'), platforms };
        await sendJson(request, 200, await images.remove(name, options));
      },
    ],
  ];
}

function inspectHandler({ images }: Backends): Handler {
  return async (request) => {
    const { name, query, version } = request;
    const [platform] = wantedPlatforms(request, 'platform', '1.49');
    const manifests = !olderThan(version, '1.48') && query.flag('manifests');
    if (platform && query.flag('manifests')) {
      throw new EngineError('invalid', 'conflicting options: manifests and platform options cannot both be set');
    }
    const image = await images.inspect(name, { manifests, ...(platform && { platform }) });
    await sendJson(request, 200, shapeImage(image, version));
  };
}

function listHandler({ images }: Backends): Handler {
  return async (request) => {
    const { query, version } = request;
    const filters = query.filters();
    const old = query.text('filter');
    if (olderThan(version, '1.41') && old !== '') filters.reference = [...(filters.reference ?? []), old];
    const found = await images.list({
      all: query.flag('all'),
      filters,
      sharedSize: !olderThan(version, '1.42') && query.flag('shared-size'),
      containerCount: !olderThan(version, '1.51'),
      manifests: !olderThan(version, '1.47') && query.flag('manifests'),
    });
    await sendJson(
      request,
      200,
      found.map((image) => shapeImageSummary(image, version)),
    );
  };
}

function tagHandler({ images }: Backends): Handler {
  return async ({ name, query, reply }) => {
    const repository = query.text('repo');
    if (repository === '') throw new EngineError('invalid', 'invalid reference format');
    images.tag(name, repository, query.text('tag'));
    await reply.empty(201);
  };
}

function loadHandler({ images }: Backends): Handler {
  return async (request) => {
    const platform = wantedPlatform(request, '1.48');
    const options = { quiet: request.query.flag('quiet', true), ...(platform && { platform }) };
    const messages = images.load(request.body, options);
    // Docker says everything about an archive on the stream, also that it is none.
    await sendProgress(request, withFailure(messages));
  };
}

function saveHandler({ images }: Backends, namesOf: (request: Request) => string[]): Handler {
  return async (request) => {
    const names = namesOf(request);
    const platform = wantedPlatform(request, '1.48');
    const archive = images.save(names, platform)[Symbol.asyncIterator]();
    // What fails before the first byte becomes the status.
    const first = await archive.next();
    await sendArchive(request, following(first, archive), { 'Content-Type': 'application/x-tar' });
  };
}

async function* following<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function pruneHandler({ images }: Backends): Handler {
  return async (request) => {
    const { ImagesDeleted, SpaceReclaimed } = await images.prune(request.query.filters());
    // Docker has null for an empty list here.
    await sendJson(request, 200, { ImagesDeleted: ImagesDeleted.length > 0 ? ImagesDeleted : null, SpaceReclaimed });
  };
}

function commitHandler({ containers, images }: Backends): Handler {
  return async (request) => {
    const { query } = request;
    images.checkName(query.text('repo'), query.text('tag'));
    const text = (await readJsonBody(request)).trim();
    const { HostConfig: _, NetworkingConfig: __, ...config } = text === '' ? {} : decodeContainerCreate(text);
    const Id = await containers.commit(query.text('container'), {
      repository: query.text('repo'),
      tag: query.text('tag'),
      comment: query.text('comment'),
      author: query.text('author'),
      pause: query.flag('pause', true),
      changes: query.all('changes'),
      ...(text !== '' && text !== 'null' && { config }),
    });
    await sendJson(request, 201, { Id });
  };
}

function createHandler({ images }: Backends): Handler {
  return async (request) => {
    const { query } = request;
    const source = query.text('fromSrc');
    if (source === '') return pull(images, request);
    const platform = olderThan(request.version, '1.32') ? '' : query.text('platform');
    const options = {
      repository: query.text('repo'),
      tag: query.text('tag'),
      message: query.text('message'),
      changes: query.all('changes'),
      ...(platform === '' ? {} : { platform }),
    };
    await sendProgress(
      request,
      source === '-'
        ? images.import(request.body, { ...options, source })
        : images.importUrl(source, { ...options, signal: request.gone }),
    );
  };
}

async function pull(images: Images, request: Request): Promise<void> {
  const { query, gone, version } = request;
  const platform = olderThan(version, '1.32') ? '' : query.text('platform');
  await sendProgress(
    request,
    images.pull({
      reference: pulledReference(query.text('fromImage'), query.text('tag')),
      ...(platform !== '' && { platforms: parsePlatforms(platform) }),
      credentials: requestCredentials(request),
      signal: gone,
    }),
  );
}

function pushHandler({ images }: Backends): Handler {
  return async (request) => {
    const { name, query, gone } = request;
    const tag = query.text('tag');
    const parsed = parseReference(name);
    if (tag !== '' && !isTag(tag)) throw new EngineError('invalid', 'invalid tag format');
    const { domain, path } = parsed;
    const reference = tag === '' ? parsed : { domain, path, tag };
    const [platform] = wantedPlatforms(request, 'platform', '1.46');
    if (platform) images.resolve(familiarString(reference), platform);
    const credentials = requestCredentials(request);
    await sendProgress(request, images.push({ reference, credentials, signal: gone, ...(platform && { platform }) }));
  };
}

/** One, in tug also several with commas between them, or `all`. */
function parsePlatforms(text: string): Platform[] | 'all' {
  return text === 'all' ? 'all' : text.split(',').map(parsePlatform);
}

/** Of a name and a tag, which may be a digest; without one all tags are meant. */
function pulledReference(name: string, tag: string): Reference {
  const reference = parseReference(name.replace(/:$/, ''));
  if (tag === '') return reference;
  const { domain, path } = reference;
  if (tag.includes(':')) return parseReference(`${domain}/${path}@${tag}`);
  if (!isTag(tag)) throw new EngineError('invalid', 'invalid tag format');
  return { domain, path, tag };
}

/** Docker's progress messages, one JSON a line. What fails before the first becomes the status, what fails later a message. */
async function sendProgress(request: Request, messages: AsyncIterable<ProgressMessage>): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  const sink = await request.reply.stream(200, { 'Content-Type': 'application/json' });
  if (!first.done) await sink.write(progressLine(first.value));
  for await (const message of withFailure({ [Symbol.asyncIterator]: () => iterator }))
    await sink.write(progressLine(message));
  await sink.end();
}

/** The messages, and a failure as the last of them. */
async function* withFailure(messages: AsyncIterable<ProgressMessage>): AsyncGenerator<ProgressMessage> {
  try {
    yield* messages;
  } catch (error) {
    const { message } = describeError(error);
    yield { errorDetail: { message }, error: message };
  }
}
