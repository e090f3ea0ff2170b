import { EngineError, messageOf } from '../../kit/index.ts';
import { type Platform, parseReference, platformMatches } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import type { BuildRequest } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { BaseRequest, ResolvedBase } from '../language/index.ts';
import type { Progress } from '../progress.ts';
import type { BaseImage } from './base-image.ts';
import { layoutImage } from './layout.ts';

export interface ImageSource {
  /** What the frontend wants to know of an image. */
  resolve(request: BaseRequest): Promise<ResolvedBase>;
  image(request: BaseRequest): Promise<BaseImage>;
}

interface Asking {
  context: Context;
  request: BuildRequest;
  progress: Progress;
  signal: AbortSignal;
}

/** Images of this engine, pulled where they are not there, or are not of the platform, or must be asked for again. */
export function createImageSource(context: Context, of: Omit<Asking, 'context'>): ImageSource {
  const asking = { ...of, context };
  const { request, progress } = of;
  const found = new Map<string, Promise<BaseImage>>();
  const image = (base: BaseRequest): Promise<BaseImage> => {
    const key = `${nameOf(asking, base)} ${JSON.stringify(base.platform)}`;
    const known = found.get(key);
    if (known) return known;
    const title = `[internal] load metadata for ${base.name}`;
    const work = progress.during({ digest: digestOfParts(title), name: title }, () => find(asking, base));
    found.set(key, work);
    return work;
  };
  return {
    image,
    async resolve(base) {
      const named = base.context === undefined ? undefined : request.contexts.get(base.context);
      if (named && 'files' in named) return {};
      const { config } = await image(base);
      return { config };
    },
  };
}

async function find(asking: Asking, base: BaseRequest): Promise<BaseImage> {
  const { context, request } = asking;
  const named = base.context === undefined ? undefined : request.contexts.get(base.context);
  if (named && 'layout' in named) return layoutImage(context, named, base.platform);
  const name = nameOf(asking, base);
  const any = request.pull ? undefined : (stackOf(asking, name, base.platform) ?? stackOf(asking, name));
  if (any && platformMatches(any.config, base.platform)) return any;
  try {
    await pull(asking, name, base);
  } catch (error) {
    // An image that was made here for another platform is better than none, as for Docker's classic builder.
    if (any && request.platforms.length < 2) return any;
    throw refusal(name, error);
  }
  const pulled = stackOf(asking, name, base.platform) ?? stackOf(asking, name);
  if (!pulled) throw new EngineError('notFound', `${name}: not found`);
  return pulled;
}

function stackOf({ context }: Asking, name: string, platform?: Platform): BaseImage | undefined {
  try {
    const { config, layers } = context.images.stack(name, platform);
    return { config, layers };
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'notFound') return undefined;
    throw error;
  }
}

function nameOf({ request }: Asking, base: BaseRequest): string {
  const named = base.context === undefined ? undefined : request.contexts.get(base.context);
  return named && 'image' in named ? named.image : base.name;
}

async function pull({ context, request, signal }: Asking, name: string, { platform }: BaseRequest): Promise<void> {
  const reference = parseReference(name);
  const credentials = request.credentials(reference.domain);
  const login = credentials && { credentials };
  const messages = context.images.pull({ reference, platforms: [platform], signal, ...login });
  for await (const _ of messages) signal.throwIfAborted();
}

function refusal(name: string, error: unknown): EngineError {
  const kind = error instanceof EngineError ? error.kind : 'internal';
  return new EngineError(kind, `${name}: failed to resolve source metadata for ${name}: ${messageOf(error)}`, error);
}
