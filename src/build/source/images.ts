import type { StackLayer } from '../../image/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import { type ImageConfig, parseReference, platformMatches } from '../../oci/index.ts';
import type { Context } from '../context.ts';
import type { BuildRequest } from '../contract.ts';
import { digestOfParts } from '../graph/vertex.ts';
import type { BaseRequest, ResolvedBase } from '../language/index.ts';
import type { Progress } from '../progress.ts';

export interface BaseImage {
  config: ImageConfig;
  layers: StackLayer[];
}

export interface ImageSource {
  /** What the frontend wants to know of an image. */
  resolve(request: BaseRequest): Promise<ResolvedBase>;
  image(request: BaseRequest): Promise<BaseImage>;
}

/** Images of this engine, pulled where they are not there, or are not of the platform, or must be asked for again. */
export function createImageSource(
  context: Context,
  { request, progress, signal }: { request: BuildRequest; progress: Progress; signal: AbortSignal },
): ImageSource {
  const found = new Map<string, Promise<BaseImage>>();

  function here(name: string, base: BaseRequest): BaseImage | undefined {
    try {
      const { config, layers } = context.images.stack(name);
      return platformMatches(config, base.platform) ? { config, layers } : undefined;
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'notFound') return undefined;
      throw error;
    }
  }

  async function find(base: BaseRequest): Promise<BaseImage> {
    const name = nameOf(base);
    const local = request.pull ? undefined : here(name, base);
    if (local) return local;
    const any = request.pull ? undefined : hereAtAll(name);
    try {
      await pull(name, base);
    } catch (error) {
      // An image that was made here for another platform is better than none, as for Docker's classic builder.
      if (any) return any;
      throw refusal(name, error);
    }
    const pulled = here(name, base) ?? hereAtAll(name);
    if (!pulled) throw new EngineError('notFound', `${name}: not found`);
    return pulled;
  }

  function hereAtAll(name: string): BaseImage | undefined {
    try {
      return context.images.stack(name);
    } catch {
      return undefined;
    }
  }

  function nameOf(base: BaseRequest): string {
    const context = base.context === undefined ? undefined : request.contexts.get(base.context);
    return context && 'image' in context ? context.image : base.name;
  }

  async function pull(name: string, base: BaseRequest): Promise<void> {
    const reference = parseReference(name);
    const credentials = request.credentials(reference.domain);
    const messages = context.images.pull({
      reference,
      platforms: [base.platform],
      signal,
      ...(credentials && { credentials }),
    });
    for await (const _ of messages) signal.throwIfAborted();
  }

  const image = (base: BaseRequest): Promise<BaseImage> => {
    const key = `${nameOf(base)} ${JSON.stringify(base.platform)}`;
    const known = found.get(key);
    if (known) return known;
    const title = `[internal] load metadata for ${base.name}`;
    const work = progress.during({ digest: digestOfParts(title), name: title }, () => find(base));
    found.set(key, work);
    return work;
  };

  return {
    image,
    async resolve(base) {
      const named = base.context === undefined ? undefined : request.contexts.get(base.context);
      if (named && !('image' in named)) return {};
      const { config } = await image(base);
      return { config };
    },
  };
}

function refusal(name: string, error: unknown): EngineError {
  const kind = error instanceof EngineError ? error.kind : 'internal';
  return new EngineError(kind, `${name}: failed to resolve source metadata for ${name}: ${messageOf(error)}`, error);
}
