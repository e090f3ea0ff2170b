import { copiedEnds, copiedType, encodeOutcome, givenFrom, outcomeSize, parseGiven } from '../../../api/index.ts';
import type { Containers, OpenPlace } from '../../../container/index.ts';
import {
  closeFd,
  copyContents,
  hasOwnRights,
  isFileFor,
  isOpenDirectory,
  peerProcess,
  takeGiven,
} from '../../../host/index.ts';
import { EngineError } from '../../../kit/index.ts';
import type { Sink } from '../../http/index.ts';
import type { Handler, Request } from '../../request.ts';
import type { Route } from '../../router.ts';
import { pathOf, sendArchive, statField } from './files.ts';

/**
 * Archives whose large files do not go through the connection: tug's own command line on this machine names its open files, and the kernel
 * copies. `POST /tug/given?file=…` tells whether that works between the two (204): not over TCP, nor through somebody who passes
 * words on. Of a client who may do whatever the engine may, a whole directory is copied: `directory` and `name` say from where or into which.
 */
export function givenRoutes(containers: Containers): Route[] {
  return [
    ['POST', '/tug/given', probeHandler],
    ['POST', '/tug/containers/{name}/archive', readHandler(containers)],
    ['PUT', '/tug/containers/{name}/archive', writeHandler(containers)],
    ['POST', '/tug/containers/{name}/tree', treeHandler(containers)],
  ];
}

const probeHandler: Handler = async (request) => {
  const client = clientOf(request);
  try {
    closeFd(await take(client, request.query.text('file')));
  } finally {
    closeFd(client);
  }
  await request.reply.empty(204);
};

/** The body has a line for each large file, as its header arrives: the open file that it goes to. */
function readHandler(containers: Containers): Handler {
  return async (request) => {
    const client = clientOf(request);
    let into: OpenPlace | undefined;
    try {
      const telling = createTelling();
      into = await placeOf(request, client, telling);
      const files = linesOf(request.body);
      const send = async (from: number) => {
        const next = await files.next();
        if (next.done) throw new EngineError('invalid', 'no file was given');
        return sent(from, await take(client, next.value, 'writing'));
      };
      const handOver = { from: givenFrom, answerSize: outcomeSize, send };
      const [name, path] = [request.name, pathOf(request)];
      const answer = await (into
        ? containers.copyOut(name, path, { handOver, into })
        : containers.readArchive(name, path, handOver));
      const fields = statField(answer.stat);
      if ('copied' in answer) return await telling.tell(request, answer.copied, fields);
      await sendArchive(request, answer.archive, { 'Content-Type': 'application/x-tar', ...fields });
    } finally {
      if (into) closeFd(into.directory);
      closeFd(client);
    }
  };
}

/** A directory of the client's comes into the container. */
function treeHandler(containers: Containers): Handler {
  return async (request) => {
    const { name, query } = request;
    const client = clientOf(request);
    let from: OpenPlace | undefined;
    try {
      const telling = createTelling();
      from = await placeOf(request, client, telling);
      if (!from) throw notHere();
      const options = { path: pathOf(request), from, copyUIDGID: query.flag('copyUIDGID') };
      await telling.tell(request, containers.copyIn(name, options), {});
    } finally {
      if (from) closeFd(from.directory);
      closeFd(client);
    }
  };
}

/** The directory that the client has opened; undefined where none is named, or where the client may do less than the engine. */
async function placeOf(request: Request, client: number, { progress }: Telling): Promise<OpenPlace | undefined> {
  const name = Buffer.from(request.query.text('name')).toString('latin1');
  const text = request.query.text('directory');
  if (text === '' || name === '' || name === '..' || name.includes('/') || !hasOwnRights(client)) return undefined;
  return { directory: await take(client, text, 'listing'), name, signal: request.gone, progress };
}

/** How a copy goes on, as lines to the client. */
interface Telling {
  progress(bytes: number): void;
  tell(request: Request, copied: Promise<number>, fields: Record<string, string>): Promise<void>;
}

function createTelling(): Telling {
  let sink: Sink | undefined;
  return {
    progress: (bytes) => void sink?.write(`${bytes}\n`),
    async tell(request, copied, fields) {
      const end = copied.then(
        (bytes) => `${bytes}\n${copiedEnds.whole}\n`,
        () => `${copiedEnds.again}\n`,
      );
      sink = await request.reply.stream(200, { 'Content-Type': copiedType, ...fields });
      await sink.write(await end);
      await sink.end();
    },
  };
}

/** As Docker's, but that `elsewhere` may name an open file of the client's, which stays open until the answer. */
function writeHandler(containers: Containers): Handler {
  return async (request) => {
    const { query, name, body, reply } = request;
    const client = clientOf(request);
    const fetch = (elsewhere: string) => async (to: number) => {
      const from = await take(client, elsewhere, 'reading');
      try {
        await copyContents(from, to);
      } finally {
        closeFd(from);
      }
    };
    try {
      await containers.writeArchive(name, {
        path: pathOf(request),
        archive: body,
        noOverwriteDirNonDir: query.flag('noOverwriteDirNonDir'),
        copyUIDGID: query.flag('copyUIDGID'),
        fetch,
      });
    } finally {
      closeFd(client);
    }
    await reply.empty(200);
  };
}

/** Copies and closes the target; what the system says against it is the client's to tell. */
async function sent(from: number, to: number): Promise<Uint8Array> {
  try {
    await copyContents(from, to);
    return encodeOutcome();
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    if (errno === undefined || code === undefined) throw error;
    return encodeOutcome({ errno, code });
  } finally {
    closeFd(to);
  }
}

function clientOf(request: Request): number {
  const client = peerProcess(request.socket());
  if (client === undefined) throw notHere();
  return client;
}

const purposes = {
  reading: (fd: number) => isFileFor(fd, 'reading'),
  writing: (fd: number) => isFileFor(fd, 'writing'),
  listing: isOpenDirectory,
};

async function take(client: number, text: string, purpose?: keyof typeof purposes): Promise<number> {
  const file = parseGiven(text);
  const fd = file && (await takeGiven(client, file));
  if (fd === undefined) throw notHere();
  if (purpose === undefined || (await purposes[purpose](fd))) return fd;
  closeFd(fd);
  throw new EngineError('invalid', `the given file is not for ${purpose}`);
}

const notHere = () => new EngineError('invalid', 'files cannot be given over this connection');

/** What a line holds at most. */
const longest = 64;

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held = '';
  for await (const bytes of body) {
    const lines = (held + Buffer.from(bytes).toString('latin1')).split('\n');
    held = lines.pop() ?? '';
    if (held.length > longest) throw new EngineError('invalid', 'no file was given');
    yield* lines;
  }
}
