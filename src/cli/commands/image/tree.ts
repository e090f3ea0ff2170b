import type { ImageSummary } from '../../../api/index.ts';
import { listSize } from '../../format/bytes.ts';
import { displayId } from '../../format/text.ts';

interface Line {
  names: string[];
  id: string;
  usage: string;
  content: string;
  inUse: boolean;
  children: Child[];
}

interface Child extends Omit<Line, 'names' | 'children'> {
  platform: string;
}

/** A manifest of an image for several platforms. */
interface Manifest {
  ID: string;
  Kind: string;
  Size: { Total: number; Content: number };
  ImageData?: { Platform: { os: string; architecture: string; variant?: string }; Containers?: string[] | null };
}

const warning = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.";
const title = (text: string) => `\x1b[39m\x1b[1m${text.toUpperCase()}\x1b[0m`;
const gap = '   ';

/** Images with their platforms below them, newest first; `columns` is how wide lines may be. */
export function imageTree(images: ImageSummary[], columns: number): string {
  const lines = images.toSorted((a, b) => b.Created - a.Created).map(lineOf);
  const children = lines.flatMap((line) => line.children);
  const hasChildren = children.length > 0;
  // The mark has its column only where a platform of an image is in use.
  if (!children.some(({ inUse }) => inUse)) for (const line of lines) line.inUse = false;
  const legend = ' Info ->  U In Use ';
  const names = lines.flatMap(({ names: [...own], children }) => [
    ...own,
    ...children.map(({ platform }) => `   ${platform}`),
  ]);
  const width = Math.min(
    Math.max(5, '<untagged>'.length, ...names.map((name) => name.length)),
    Math.max(12, columns - 54),
  );
  const head = [
    'image'.padEnd(width).replace(/^\S+/, title('image')),
    title('id') + ' '.repeat(10),
    title('disk usage'),
    title('content size'),
    title('extra'),
  ].join(gap);
  const body = lines.map((line) => entryText(line, width, hasChildren));
  return `${warning}\n${legend.padStart(columns)}\n\n${head}\n${body.join('')}`;
}

function entryText(line: Line, width: number, hasChildren: boolean): string {
  const names = line.names.length > 0 ? line.names.toSorted((a, b) => b.length - a.length) : ['<untagged>'];
  const last = names.pop() ?? '';
  const children = line.children.map(
    (child, at) =>
      `${`${at === line.children.length - 1 ? '└─' : '├─'} ${child.platform}`.padEnd(width)}${details(child)}\n`,
  );
  const before = names.map((name) => `${name}\n`).join('');
  return `${before}${cut(last, width)}${details(line)}${hasChildren ? '\n' : ''}${children.join('')}\n`;
}

function details({ id, usage, content, inUse }: Omit<Line, 'names' | 'children'>): string {
  return `${gap}${id.padEnd(12)}${gap}${usage.padStart(10)}${gap}${content.padStart(12)}${gap}${(inUse ? 'U' : '').padEnd(5)}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

function lineOf(image: ImageSummary): Line {
  const manifests = ((image as { Manifests?: Manifest[] | null }).Manifests ?? []).filter(
    ({ Kind }) => Kind === 'image',
  );
  const children = manifests.map(({ ID, Size, ImageData }): Child => {
    const { os = '', architecture = '', variant } = ImageData?.Platform ?? {};
    return {
      platform: [os, architecture, variant].filter(Boolean).join('/'),
      id: displayId(ID, false),
      usage: listSize(Size.Total),
      content: listSize(Size.Content),
      inUse: (ImageData?.Containers ?? []).length > 0,
    };
  });
  return {
    names: image.RepoTags ?? [],
    id: displayId(image.Id, false),
    usage: listSize(image.Size),
    content: listSize(manifests.reduce((sum, { Size }) => sum + Size.Content, 0)),
    inUse: image.Containers > 0 || children.some((child) => child.inUse),
    children,
  };
}
