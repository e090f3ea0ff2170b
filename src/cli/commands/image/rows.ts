import type { ImageSummary } from '../../../api/index.ts';
import { familiarName, parseReference } from '../../../oci/index.ts';
import { humanSize, listSize } from '../../format/bytes.ts';
import { humanDuration } from '../../format/duration.ts';
import type { Listing, Row } from '../../format/table.ts';
import { displayId } from '../../format/text.ts';
import { longMoment } from '../../format/time.ts';

/** How `images` looks. */
export function imageListing(withDigests: boolean): Listing {
  const digest = withDigests ? '{{.Digest}}\\t' : '';
  return {
    headers: {
      ID: 'IMAGE ID',
      Repository: 'REPOSITORY',
      Tag: 'TAG',
      Digest: 'DIGEST',
      CreatedSince: 'CREATED',
      CreatedAt: 'CREATED AT',
      Size: 'SIZE',
      Containers: 'CONTAINERS',
      VirtualSize: 'SIZE',
      SharedSize: 'SHARED SIZE',
      UniqueSize: 'UNIQUE SIZE',
    },
    table: `{{.Repository}}\\t{{.Tag}}\\t${digest}{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}`,
    quiet: '{{.ID}}',
    typeName: '*formatter.imageContext',
  };
}

interface View {
  isWhole: boolean;
  withDigest: boolean;
  isQuiet: boolean;
  now: number;
}

interface Name {
  repository: string;
  tag: string;
  digest: string;
}

const none = '<none>';

/** The lines of one image: one for each of its names. */
export function imageRows(image: ImageSummary, view: View): Row[] {
  if (view.isQuiet && !view.withDigest) return [imageRow(image, { repository: none, tag: none, digest: none }, view)];
  return namesOf(image, view.withDigest).map((name) => imageRow(image, name, view));
}

function imageRow(image: ImageSummary, name: Name, { isWhole, now }: View): Row {
  const created = (image.Created ?? 0) * 1000;
  const shared = image.SharedSize;
  return {
    ID: () => displayId(image.Id ?? '', isWhole),
    Repository: name.repository,
    Tag: name.tag,
    Digest: name.digest,
    CreatedSince: () => (created <= 0 ? 'N/A' : `${humanDuration(now - created)} ago`),
    CreatedAt: () => longMoment(created),
    Size: () => listSize(image.Size ?? 0),
    Containers: () => (isKnown(image.Containers) ? String(image.Containers) : 'N/A'),
    VirtualSize: () => humanSize(image.Size ?? 0),
    SharedSize: () => (isKnown(shared) ? humanSize(shared) : 'N/A'),
    UniqueSize: () => (isKnown(shared) ? humanSize((image.Size ?? 0) - shared) : 'N/A'),
  };
}

function isKnown(size: number | undefined): size is number {
  return size !== undefined && size !== -1;
}

function isNone(names: string[] | null | undefined, word: string): boolean {
  return (names ?? []).length === 0 || (names?.length === 1 && names[0] === word);
}

/** Whether nothing names an image. */
export function isDangling({ RepoTags: tags, RepoDigests: digests }: ImageSummary): boolean {
  return isNone(tags, '<none>:<none>') && isNone(digests, '<none>@<none>');
}

/** Tags with their repository's digest; a digest without a tag on a line of its own where digests are asked for. */
function namesOf(image: ImageSummary, withDigest: boolean): Name[] {
  const digests = new Map<string, string[]>();
  for (const text of image.RepoDigests ?? []) {
    const [repository = '', digest = ''] = split(text, '@');
    digests.set(repository, [...(digests.get(repository) ?? []), digest]);
  }
  const names: Name[] = [];
  const seen = new Set<string>();
  for (const text of image.RepoTags ?? []) {
    const [repository = '', tag = ''] = split(text, ':');
    seen.add(repository);
    const own = digests.get(repository);
    if (!withDigest || !own) names.push({ repository, tag, digest: none });
    else names.push(...own.map((digest) => ({ repository, tag, digest })));
  }
  for (const [repository, own] of digests) {
    if (seen.has(repository)) continue;
    if (withDigest) names.push(...own.map((digest) => ({ repository, tag: none, digest })));
    else names.push({ repository, tag: none, digest: none });
  }
  return names.length > 0 ? names : [{ repository: none, tag: none, digest: none }];
}

function split(text: string, mark: string): [string, string] {
  const at = text.lastIndexOf(mark);
  const name = text.slice(0, at);
  return [name.startsWith(none) ? none : familiarName(parseReference(name)), text.slice(at + 1)];
}
