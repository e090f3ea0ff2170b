import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { facts, specOf } from '../fixture.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-cdi-'));
afterAll(() => rmSync(directory, { recursive: true }));

writeFileSync(
  join(directory, 'gpu.yaml'),
  `cdiVersion: "0.5.0"
kind: vendor.com/gpu
containerEdits:
  env: ["ALL=1"]
devices:
  - name: one
    containerEdits:
      env: ["ONE=1", "PATH=/gpu"]
      additionalGids: [0, 44]
      deviceNodes:
        - { path: /dev/gpu0, hostPath: /dev/null, permissions: rw }
        - { path: /dev/gpu1, type: b, major: 9, minor: 7, fileMode: 432, uid: 5, gid: 6 }
      mounts:
        - { hostPath: /usr/lib/gpu.so, containerPath: /lib/gpu.so, options: [ro, nosuid] }
  - name: two
    containerEdits:
      hooks:
        - { hookName: createContainer, path: /bin/hook, args: [hook, x] }
`,
);
const spec = (...DeviceIDs: string[]) =>
  specOf({}, { DeviceRequests: [{ Driver: 'cdi', DeviceIDs }] }, { facts: { ...facts, cdiDirectories: [directory] } });

test('a device of a file: environment, nodes, their rules, mounts, groups; what is of the file once', () => {
  const { process, mounts, linux, hooks } = spec('vendor.com/gpu=one', 'vendor.com/gpu=one');
  expect(process.env.slice(-3)).toEqual(['ALL=1', 'ONE=1', 'PATH=/gpu']);
  expect(process.env.filter((entry) => /^(PATH|ALL)=/.test(entry))).toHaveLength(2);
  expect(process.user.additionalGids?.at(-1)).toBe(44);
  expect(linux.devices).toEqual([
    { path: '/dev/gpu0', type: 'c', major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
    { path: '/dev/gpu1', type: 'b', major: 9, minor: 7, fileMode: 0o660, uid: 5, gid: 6 },
  ]);
  expect(linux.resources.devices.slice(-2)).toEqual([
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'b', major: 9, minor: 7, access: 'rwm' },
  ]);
  expect(mounts.at(-1)).toEqual({
    destination: '/lib/gpu.so',
    type: 'bind',
    source: '/usr/lib/gpu.so',
    options: ['bind', 'ro', 'nosuid'],
  });
  expect(hooks).toBeUndefined();
  expect(spec('vendor.com/gpu=two').hooks).toEqual({ createContainer: [{ path: '/bin/hook', args: ['hook', 'x'] }] });
});

test('GPUs are devices of that class, by number, by name, or all; where there are none, Docker’s words', () => {
  const gpus = (request: object) =>
    specOf(
      {},
      { DeviceRequests: [{ Driver: '', Capabilities: [['gpu']], ...request }] },
      { facts: { ...facts, cdiDirectories: [directory] } },
    ).process.env.filter((entry) => entry.startsWith('GPU'));
  expect(() => gpus({ Driver: 'nvidia', Count: 1 })).toThrow(
    'could not select device driver "nvidia" with capabilities: [[gpu]]',
  );
  const device = (name: string) => ({ name, containerEdits: { env: [`GPU${name}=1`] } });
  const file = join(directory, 'nvidia.json');
  const both = { cdiVersion: '0.6.0', kind: 'nvidia.com/gpu' };
  writeFileSync(file, JSON.stringify({ ...both, devices: ['10', '2', '0', 'uuid', 'all'].map(device) }));
  expect(gpus({ Driver: 'nvidia', Count: -1 })).toEqual(['GPUall=1']);
  expect(gpus({ Driver: 'nvidia', Count: 2 })).toEqual(['GPU0=1', 'GPU2=1']);
  expect(gpus({ Driver: 'nvidia', DeviceIDs: ['uuid'] })).toEqual(['GPUuuid=1']);
  expect(() => gpus({ Driver: 'nvidia', Count: 9 })).toThrow('9 GPUs were asked for, and there are 3');
  expect(() => gpus({ Count: 1 })).toThrow('could not select device driver ""');
  rmSync(file);
});

test('what no file describes, and a file that says nothing, are refused', () => {
  expect(() => spec('vendor.com/gpu=three', 'x')).toThrow(
    'CDI device injection failed: unresolvable CDI devices vendor.com/gpu=three, x',
  );
  const count = { DeviceRequests: [{ Driver: 'cdi', Count: 1, DeviceIDs: ['x'] }] };
  expect(() => specOf({}, count)).toThrow('unexpected count in CDI device request');
  writeFileSync(join(directory, 'bad.json'), '{"cdiVersion": "0.5.0"}');
  expect(() => spec('vendor.com/gpu=one')).toThrow(/failed to read CDI Spec ".*bad.json": invalid kind/);
  rmSync(join(directory, 'bad.json'));
});
