import { afterEach, beforeEach, expect, test } from 'bun:test';
import { EngineError, silent } from '../../kit/index.ts';
import {
  type AccessOptions,
  createRegistry,
  defaultSettings,
  type RegistrySettings,
  type Repository,
} from '../index.ts';
import { refusedWith, type SmallRegistry, startSmallRegistry } from '../testing/small-registry.ts';

let small: SmallRegistry;
const rests: number[] = [];
beforeEach(() => {
  small = startSmallRegistry();
  small.image('box:1', [{ tar: Buffer.from('layer') }]);
  rests.length = 0;
});
afterEach(() => small.close());

function at<T>(
  work: (repository: Repository) => Promise<T>,
  options: { settings?: Partial<RegistrySettings>; access?: Partial<AccessOptions>; domain?: string } = {},
): Promise<T> {
  const settings = () => ({ ...defaultSettings, ...options.settings });
  const registry = createRegistry({ log: silent, settings, pause: async (ms) => void rests.push(ms) });
  const name = { domain: options.domain ?? small.host, path: 'box', tag: '1' };
  return registry.at(name, { access: 'pull', ...options.access }, work);
}

const manifest = (repository: Repository) => repository.manifest('1');

async function failure(work: Promise<unknown>): Promise<[kind: string, message: string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return [error.kind, error.message];
    throw error;
  }
  throw new Error('it did not fail as it should');
}

/** Answers the first requests for manifests so, and the others as usual. */
function failing(times: number, answer: () => Response): void {
  let left = times;
  small.fault = (_, { pathname }) => (pathname.includes('/manifests/') && left-- > 0 ? answer() : undefined);
}

test('a registry that is busy or ill is asked again, after the rest it asks for', async () => {
  failing(1, () => refusedWith(429, 'TOOMANYREQUESTS', 'slowly', { 'Retry-After': '7' }));
  await at(manifest);
  failing(2, () => new Response('', { status: 503 }));
  await at(manifest);
  expect(rests).toEqual([7000, 500, 1000]);
});

test('one that wants a long rest, or stays ill, is told of', async () => {
  failing(1, () => refusedWith(429, 'TOOMANYREQUESTS', 'You have reached your limit.', { 'Retry-After': '3600' }));
  expect(await failure(at(manifest))).toEqual(['limited', 'toomanyrequests: You have reached your limit.']);
  failing(9, () => new Response('', { status: 500 }));
  expect(await failure(at(manifest))).toEqual([
    'internal',
    'received unexpected HTTP status: 500 Internal Server Error',
  ]);
  expect(rests).toEqual([500, 1000, 2000]);
});

test('what is not there and what is not allowed', async () => {
  const { host } = small;
  expect(await failure(at((repository) => repository.manifest('2')))).toEqual([
    'notFound',
    `manifest for ${host}/box:1 not found: manifest unknown: manifest unknown`,
  ]);
  failing(1, () => refusedWith(403, 'DENIED', 'requested access to the resource is denied'));
  expect(await failure(at(manifest))).toEqual([
    'notFound',
    `pull access denied for ${host}/box, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  ]);
  failing(1, () => Response.json({ errors: [{ code: 'DENIED' }] }, { status: 403 }));
  expect(await failure(at(manifest))).toEqual(['forbidden', 'denied']);
});

test('a manifest that is not its digest, and one without an end', async () => {
  const wrong = `sha256:${'a'.repeat(64)}`;
  small.fault = (_, { pathname }) => (pathname.endsWith(wrong) ? new Response('{}') : undefined);
  expect((await failure(at((repository) => repository.manifest(wrong))))[1]).toBe(
    `manifest verification failed for digest ${wrong}`,
  );
  failing(1, () => new Response(new Uint8Array(5 << 20)));
  expect((await failure(at(manifest)))[1]).toBe("the registry's answer is longer than 4194304 bytes");
});

test('a token for the scope, a new one when it has ended, none for another host', async () => {
  let good = 'first';
  const scopes: (string | null)[] = [];
  const elsewhere = startSmallRegistry();
  try {
    let seen: string | null = 'nobody asked';
    elsewhere.fault = (request) => {
      seen = request.headers.get('authorization');
      return new Response('moved');
    };
    small.fault = (request, url) => {
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.get('scope'));
        return Response.json({ token: good });
      }
      if (request.headers.get('authorization') !== `Bearer ${good}`) {
        const challenge = `Bearer realm="http://${small.host}/token",service="s",error="invalid_token"`;
        return refusedWith(401, 'UNAUTHORIZED', '', { 'WWW-Authenticate': challenge });
      }
      const isBlob = url.pathname.includes('/blobs/');
      return isBlob ? Response.redirect(`http://${elsewhere.host}/elsewhere`, 307) : undefined;
    };
    await at(async (repository) => {
      await repository.manifest('1');
      good = 'second';
      await repository.manifest('1');
      const { bytes } = await repository.blob(`sha256:${'b'.repeat(64)}`, {
        offset: 0,
        signal: new AbortController().signal,
      });
      const pieces: Uint8Array[] = [];
      for await (const piece of bytes) pieces.push(piece);
      expect(Buffer.concat(pieces).toString()).toBe('moved');
    });
    expect(scopes).toEqual(['repository:box:pull', 'repository:box:pull']);
    expect(seen).toBeNull();
  } finally {
    await elsewhere.close();
  }
});

test('a mirror is asked first and without credentials; its failure is not the last word; nothing is pushed to it', async () => {
  const mirror = startSmallRegistry();
  try {
    const proofs: (string | null)[] = [];
    mirror.fault = (request) => void proofs.push(request.headers.get('authorization'));
    mirror.image('hub/box:1', [{ tar: Buffer.from('mirrored') }]);
    const settings = { prefixes: { [small.host]: { mirrors: [`http://${mirror.host}/hub`] } } };
    const credentials = { username: 'ann', password: 'p', serverAddress: '', identityToken: '' };
    const { digest } = await at(manifest, { settings, access: { credentials } });
    expect(mirror.manifests.has(`hub/box@${digest}`)).toBe(true);
    expect(proofs).toEqual([null, null]);
    mirror.manifests.clear();
    expect(small.manifests.has(`box@${(await at(manifest, { settings })).digest}`)).toBe(true);
    const before = mirror.asked.length;
    await at((repository) => repository.putManifest('new', { mediaType: 'x/y', bytes: new Uint8Array(1) }), {
      settings,
      access: { access: 'push' },
    });
    expect(mirror.asked).toHaveLength(before);
    expect(small.manifests.has('box:new')).toBe(true);
  } finally {
    await mirror.close();
  }
});

test('a prefix may be blocked; the longest one counts', async () => {
  const prefixes = { [small.host]: { blocked: true }, [`${small.host}/box`]: {} };
  expect((await at(manifest, { settings: { prefixes } })).bytes.length).toBeGreaterThan(0);
  const blocked = { [`${small.host}/box`]: { blocked: true } };
  expect(await failure(at(manifest, { settings: { prefixes: blocked } }))).toEqual([
    'forbidden',
    `registry ${small.host} is blocked for ${small.host}/box in the configuration`,
  ]);
  expect(small.asked.filter((line) => line.includes('manifests'))).toHaveLength(1);
});

test('without TLS only where that is allowed', async () => {
  const prefixes = { [small.host]: { insecure: false } };
  const [kind, message] = await failure(at(manifest, { settings: { prefixes } }));
  expect([kind, message.slice(0, 20)]).toEqual(['internal', 'Get "https://127.0.0']);
  expect(small.asked).toEqual([]);
});

test('tags over several pages', async () => {
  small.fault = (_, { pathname, searchParams }) => {
    if (!pathname.endsWith('/tags/list')) return undefined;
    if (searchParams.has('last')) return Response.json({ tags: ['c'] });
    return Response.json({ tags: ['a', 'b'] }, { headers: { Link: `<${pathname}?last=b>; rel="next"` } });
  };
  expect(await at((repository) => repository.tags())).toEqual(['a', 'b', 'c']);
});
