import type { PrefixSettings } from '../../registry/index.ts';
import { checkMirror, refuse } from '../options/words.ts';

/** What was said of registries by prefix; a wrong word is refused, so that none is without effect. */
export function prefixesOf(named: Map<string, unknown>): Record<string, PrefixSettings> {
  return Object.fromEntries([...named].map(([prefix, value]) => [checkPrefix(prefix), prefixOf(prefix, value)]));
}

const domain = /^(?=[^/]*[.:]|localhost)[A-Za-z0-9.:[\]-]+$/;

/** A prefix begins with a registry; `docker.io` is written out. */
function checkPrefix(prefix: string): string {
  const [host = '', ...path] = prefix.replace(/\/+$/, '').split('/');
  if (!domain.test(host) || !path.every((part) => /^[a-z0-9]+([._-]+[a-z0-9]+)*$/.test(part))) {
    throw refuse(`invalid registry prefix ${JSON.stringify(prefix)}: it must be a registry, or one with a path`);
  }
  return [host, ...path].join('/');
}

function prefixOf(prefix: string, value: unknown): PrefixSettings {
  const wrong = (why: string) => refuse(`registry ${prefix}: ${why}`);
  const { mirrors = [], blocked = false, insecure, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`option ${unknown} is not known`);
  if (!Array.isArray(mirrors) || !mirrors.every((mirror) => typeof mirror === 'string')) {
    throw wrong('mirrors must be a list of URLs');
  }
  if (typeof blocked !== 'boolean') throw wrong('blocked must be true or false');
  if (insecure !== undefined && typeof insecure !== 'boolean') throw wrong('insecure must be true or false');
  return { mirrors: mirrors.map(checkMirror), blocked, ...(insecure !== undefined && { insecure }) };
}
