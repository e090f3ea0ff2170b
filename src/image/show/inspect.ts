import type { HistoryResponseItem, ImageInspect } from '../../api/index.ts';
import {
  familiarString,
  type ImageConfig,
  type ImageRunConfig,
  type Platform,
  type Reference,
} from '../../oci/index.ts';
import type { Tx } from '../../store/index.ts';
import type { Context } from '../context.ts';
import { findForPlatform } from '../records/platforms.ts';
import { type ImageRecord, imagesIn, namesOf, namesOfIndex } from '../records/records.ts';
import { descriptorOf, manifestsOf } from './manifests.ts';

const NEVER = '0001-01-01T00:00:00Z';

/** An image as `docker inspect` shows it. */
export function inspectImage(
  context: Context,
  reference: string,
  { platform, manifests = false }: { platform?: Platform; manifests?: boolean } = {},
): ImageInspect {
  const { id, record, names, more } = context.store.view((tx) => {
    const found = findForPlatform(tx, reference, platform);
    const { index, entry } = found;
    const names = index === undefined ? namesOf(tx, found.id) : namesOfIndex(tx, index);
    const Descriptor = platform && entry ? entry.descriptor : descriptorOf(context, tx, found);
    const Manifests = manifests ? manifestsOf(context, tx, found) : undefined;
    return { ...found, names, more: { ...(Descriptor && { Descriptor }), ...(Manifests && { Manifests }) } };
  });
  const { config } = record;
  return {
    Id: id,
    ...sortedNames(names),
    Parent: record.parent ?? '',
    Comment: config.comment ?? '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: sizeOf(record),
    GraphDriver: { Data: context.snapshots.describeLayers(config.rootfs.diff_ids), Name: context.snapshots.driver },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: record.lastTagged ?? NEVER },
    ...more,
    Config: shownConfig(config),
  } as ImageInspect;
}

/** The image's history, newest first; what has no image of its own is `<missing>`. */
export function imageHistory(context: Context, reference: string, platform?: Platform): HistoryResponseItem[] {
  const { record, names, ids } = context.store.view((tx) => {
    const found = findForPlatform(tx, reference, platform);
    return { ...found, names: namesOf(tx, found.id), ids: lineOf(tx, found.id) };
  });
  const sizes = [...record.sizes];
  const items = (record.config.history ?? []).map((step) => ({
    Comment: step.comment ?? '',
    Created: secondsOf(step.created),
    CreatedBy: step.created_by ?? '',
    Id: '<missing>',
    Size: step.empty_layer ? 0 : (sizes.shift() ?? 0),
    Tags: null as unknown as string[],
  }));
  const newest = items.at(-1);
  const tags = sortedNames(names).RepoTags;
  if (newest) Object.assign(newest, { Tags: tags.length > 0 ? tags : null });
  return items.toReversed().map((item, index) => ({ ...item, Id: ids[index] ?? item.Id }));
}

/** An image, the one it was committed on, and so on. */
function lineOf(tx: Tx, id: string): string[] {
  const line: string[] = [];
  for (let at: string | undefined = id; at !== undefined; at = imagesIn(tx).get(at)?.parent) line.push(at);
  return line;
}

export function sortedNames(names: Reference[]): { RepoTags: string[]; RepoDigests: string[] } {
  const shown = names.map((name) => ({ text: familiarString(name), digest: name.digest !== undefined }));
  const texts = (digest: boolean) =>
    shown
      .filter((name) => name.digest === digest)
      .map((name) => name.text)
      .toSorted();
  return { RepoTags: texts(false), RepoDigests: texts(true) };
}

/** Bytes of all files of all layers. */
export function sizeOf(record: ImageRecord): number {
  return record.sizes.reduce((sum, size) => sum + size, 0);
}

/** Unix seconds; 0 where an image does not say. */
export function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** The fields Docker always shows, and of the others those that are set; what is empty counts as not set. */
function shownConfig({ config = {} }: ImageConfig): ImageInspect['Config'] {
  const set = (key: keyof ImageRunConfig) => (config[key] !== undefined && filled(config[key]) ? config[key] : null);
  const lists = (['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'Volumes'] as const).map((key) => [key, set(key)]);
  const optional = (['ExposedPorts', 'Healthcheck', 'StopSignal', 'Shell', 'ArgsEscaped'] as const)
    .filter((key) => set(key))
    .map((key) => [key, config[key]]);
  const { User = '', WorkingDir = '' } = config;
  return { ...Object.fromEntries([...lists, ...optional]), User, WorkingDir } as ImageInspect['Config'];
}

function filled(value: unknown): boolean {
  return typeof value !== 'object' || (value !== null && Object.keys(value).length > 0);
}
