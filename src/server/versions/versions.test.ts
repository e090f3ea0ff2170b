import { expect, test } from 'bun:test';
import { compareVersions } from '../../api/index.ts';
import { shapeContainer, shapeSummary } from './container.ts';
import { shapeImage, shapeImageSummary } from './image.ts';
import { shapeInfo } from './info.ts';

test('versions compare by their numbers', () => {
  expect(compareVersions('1.9', '1.24')).toBeLessThan(0);
  expect(compareVersions('1.51', '01.51.0')).toBe(0);
  expect(compareVersions('1.51.2', '1.51')).toBeGreaterThan(0);
});

test('a container’s short id was an alias on the user’s networks before 1.45', () => {
  const container = {
    Id: 'a'.repeat(64),
    Config: { Hostname: 'host' },
    NetworkSettings: { Networks: { mine: { Aliases: ['web'] }, bridge: {} } },
    ImageManifestDescriptor: { digest: 'sha256:1' },
  };
  const old = shapeContainer(container, '1.44');
  expect(old.NetworkSettings?.Networks?.mine?.Aliases).toEqual(['web', 'a'.repeat(12), 'host']);
  expect(old.NetworkSettings?.Networks?.bridge).toEqual({});
  expect('ImageManifestDescriptor' in old).toBe(false);
  expect(shapeContainer(container, '1.51')).toEqual(container);
  expect(container.NetworkSettings.Networks.mine.Aliases).toEqual(['web']);
});

test('annotations came to the list with 1.46', () => {
  const summary = { HostConfig: { NetworkMode: 'bridge', Annotations: { a: 'b' } } };
  expect(shapeSummary(summary, '1.45').HostConfig).toEqual({ NetworkMode: 'bridge' });
  expect(shapeSummary(summary, '1.46')).toEqual(summary);
});

test('images of old said their size twice and their container’s configuration', () => {
  const image = { Id: 'sha256:1', Size: 7, Config: { Cmd: ['sh'] } };
  expect(shapeImage(image, '1.51')).toEqual(image);
  expect(shapeImage(image, '1.49').Config).toMatchObject({ Cmd: ['sh'], Hostname: '', Tty: false });
  expect(shapeImage(image, '1.44')).toMatchObject({ ContainerConfig: { Cmd: null } });
  expect('VirtualSize' in shapeImage(image, '1.44')).toBe(false);
  expect(shapeImage(image, '1.43').VirtualSize).toBe(7);
});

test('dangling images had names of their own before 1.43', () => {
  const base = { Id: 'sha256:1', ParentId: '', Created: 1, Size: 7, SharedSize: -1, Labels: {}, Containers: 2 };
  const dangling = { ...base, RepoTags: [], RepoDigests: [] };
  expect(shapeImageSummary(dangling, '1.43')).toMatchObject({ RepoTags: [], VirtualSize: 7 });
  expect(shapeImageSummary(dangling, '1.42')).toMatchObject({
    RepoTags: ['<none>:<none>'],
    RepoDigests: ['<none>@<none>'],
  });
  expect(shapeImageSummary({ ...base, RepoTags: ['a:1'], RepoDigests: [] }, '1.42').RepoDigests).toBeNull();
});

test('info in the words of its time', () => {
  const info = {
    SecurityOptions: ['name=seccomp,profile=builtin'],
    FirewallBackend: { Driver: 'nftables' },
    RuncCommit: { ID: 'abc' },
    Runtimes: { runc: { path: 'runc', status: { a: 'b' } } },
    RegistryConfig: { Mirrors: [] },
  };
  expect(shapeInfo(info, '1.51')).toEqual(info);
  const old = shapeInfo(info, '1.24');
  expect(old).toMatchObject({
    SecurityOptions: ['seccomp'],
    BridgeNfIptables: false,
    BridgeNfIp6tables: false,
    RuncCommit: { ID: 'abc', Expected: 'abc' },
    RegistryConfig: { Mirrors: [], AllowNondistributableArtifactsCIDRs: null },
    Runtimes: { runc: { path: 'runc' } },
  });
  expect(old.Runtimes).toEqual({ runc: { path: 'runc' } });
  expect('FirewallBackend' in old).toBe(false);
});
