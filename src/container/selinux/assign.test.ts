import { expect, test } from 'bun:test';
import type { HostConfig } from '../../api/index.ts';
import { containers, neighbours, reopen, useRoom } from '../testing/room.ts';
import { takenLevels } from './assign.ts';

useRoom();

const process = 'system_u:system_r:container_t:s0';
const file = 'system_u:object_r:container_file_t:s0';
const enable = () => {
  neighbours.facts.selinux = { process, file, readOnlyFile: file };
};
const create = async (HostConfig: HostConfig = {}) => {
  const { Id } = await containers.create({ body: { Image: 'busybox', Cmd: ['true'], HostConfig } });
  return containers.inspect(Id, { size: false });
};
const taken = () => [...neighbours.store.view(takenLevels)];
const removal = { force: false, volumes: false, link: false };

test('a level is a container’s from its creation to its end, also over a restart of the engine', async () => {
  enable();
  const { Id, ProcessLabel, MountLabel } = await create();
  const [, level = ''] = /^system_u:system_r:container_t:(s0:c\d+,c\d+)$/.exec(ProcessLabel ?? '') ?? [];
  expect(MountLabel).toBe(`system_u:object_r:container_file_t:${level}`);
  expect(taken()).toEqual([level]);
  await reopen();
  expect(taken()).toEqual([level]);
  await containers.remove(Id ?? '', removal);
  expect(taken()).toEqual([]);
});

test('without SELinux there is no label, and options of it are passed over', async () => {
  const { ProcessLabel, MountLabel, HostConfig } = await create({ SecurityOpt: ['label=nonsense', 'label=type:t'] });
  expect([ProcessLabel, MountLabel]).toEqual(['', '']);
  expect(HostConfig?.SecurityOpt).toEqual(['label=nonsense', 'label=type:t']);
});

test('what is no option of it leaves nothing behind', async () => {
  enable();
  await expect(create({ SecurityOpt: ['label=nonsense'] })).rejects.toThrow('bad label option "nonsense"');
  expect(neighbours.calls.filter((call) => call.startsWith('snapshots.'))).toEqual([]);
});

test('who has all powers, or the host’s processes or memory, has no label unless told', async () => {
  enable();
  const hidden = 'system_u:object_r:container_file_t:s0:c1022,c1023';
  for (const given of [{ Privileged: true }, { PidMode: 'host' }, { IpcMode: 'host' }]) {
    const { ProcessLabel, MountLabel } = await create(given);
    expect([ProcessLabel, MountLabel]).toEqual(['', hidden]);
  }
  expect((await create({ PidMode: 'host', SecurityOpt: ['label=type:t'] })).ProcessLabel).toStartWith(
    'system_u:system_r:t:',
  );
});

test('who shares another’s memory or processes has its label', async () => {
  enable();
  const one = await create({ IpcMode: 'shareable', SecurityOpt: ['label=type:t'] });
  const other = await create({ IpcMode: 'shareable' });
  const bare = await create({ Privileged: true });
  const shared = await create({ IpcMode: `container:${one.Id}` });
  expect(shared.ProcessLabel).toBe(one.ProcessLabel as string);
  expect(shared.HostConfig?.SecurityOpt).toContain('label=type:t');
  expect((await create({ PidMode: `container:${one.Id}`, IpcMode: `container:${one.Id}` })).ProcessLabel).toBe(
    one.ProcessLabel as string,
  );
  // Docker's way: one without a label has none to share.
  expect((await create({ PidMode: `container:${bare.Id}` })).ProcessLabel).toMatch(/:container_t:s0:c/);
  expect((await create({ PidMode: `container:${one.Id}`, SecurityOpt: ['label=type:u'] })).ProcessLabel).toMatch(
    /:u:s0:c/,
  );
  await expect(create({ PidMode: `container:${one.Id}`, IpcMode: `container:${other.Id}` })).rejects.toThrow(
    "--ipc and --pid containers SELinux labels aren't the same",
  );
});
