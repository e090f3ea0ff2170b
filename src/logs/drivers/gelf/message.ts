import { isUtf8 } from 'node:buffer';
import { hostname } from 'node:os';
import { attributesOf, goJson, sorted } from '../../options/attributes.ts';
import type { LogInfo } from '../../options/info.ts';
import { tagOf } from '../../options/tag.ts';
import type { LogMessage } from '../contract.ts';

/** Writes messages in GELF 1.1 with the fields that Docker adds, in its order. */
export function createGelfFormat(info: LogInfo): (message: LogMessage) => string {
  const extra = {
    _container_id: info.id,
    _container_name: info.name,
    _image_id: info.imageId,
    _image_name: info.imageName,
    _command: [info.path, ...info.args].join(' '),
    _tag: tagOf(info),
    _created: info.created,
    ...attributesOf(info, (name) => (name.startsWith('_') ? name : `_${name}`)),
  };
  const tail = goJson(Object.fromEntries(sorted(extra))).slice(1);
  const host = goJson(hostname());
  return ({ stream, time, line }) => {
    const level = stream === 'stderr' ? 3 : 6;
    const at = Date.parse(`${time.slice(0, 23).replace('Z', '')}Z`) / 1000;
    return `{"version":"1.1","host":${host},"short_message":${goText(line)},"timestamp":${at},"level":${level},${tail}`;
  };
}

/** Bytes as a text of Go's JSON: each byte that is no UTF-8 becomes U+FFFD, where other decoders make one of several. */
function goText(line: Buffer): string {
  if (isUtf8(line)) return goJson(line.toString());
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < line.length; ) {
    const length = runeLength(line, at);
    if (length === 0) {
      parts.push(goJson(line.toString('utf8', from, at)).slice(1, -1), '\ufffd');
      from = at + 1;
    }
    at += length || 1;
  }
  parts.push(goJson(line.toString('utf8', from)).slice(1, -1));
  return `"${parts.join('')}"`;
}

/** Of the UTF-8 sequence that begins there; 0 for a byte that begins none. */
function runeLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  return length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
