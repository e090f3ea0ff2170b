import { expect, test } from 'bun:test';
import { initLabels, levelOf, optionsOf, sharedLabel } from './label.ts';

const contexts = {
  process: 'system_u:system_r:container_t:s0',
  file: 'system_u:object_r:container_file_t:s0',
  readOnlyFile: 'system_u:object_r:container_ro_file_t:s0',
};
const none = new Set<string>();
const labels = (...options: string[]) => initLabels(options, contexts, none);
const hidden = { process: '', mount: 'system_u:object_r:container_file_t:s0:c1022,c1023' };

test('process and files of one container have the same two categories, which no other has', () => {
  const taken = new Set<string>();
  for (let index = 0; index < 3000; index++) {
    const { process, mount } = initLabels([], contexts, taken);
    const [, level = ''] = /^system_u:system_r:container_t:(s0:c\d+,c\d+)$/.exec(process) ?? [];
    expect(mount).toBe(`system_u:object_r:container_file_t:${level}`);
    expect(taken.has(level)).toBe(false);
    const [one = 0, other = 0] = level.slice(3).replaceAll('c', '').split(',').map(Number);
    expect(one < other && other < 1024 && one + other < 1022 + 1023).toBe(true);
    taken.add(level);
  }
});

test('the last pair but one is found, and after the last there is a clear word', () => {
  const all = new Set<string>();
  for (let one = 0; one < 1024; one++) for (let other = one + 1; other < 1024; other++) all.add(`s0:c${one},c${other}`);
  all.delete('s0:c1022,c1023');
  expect(() => initLabels([], contexts, all)).toThrow('all pairs of SELinux categories are in use');
  // That one is for the files of containers without a label, and never given.
  expect(initLabels(['level:s0:c1,c2'], contexts, all).process).toEndWith(':s0:c1,c2');
});

test('options say otherwise: user and level of both, role and type of processes, filetype of files', () => {
  expect(labels('user:u', 'role:r', 'type:t', 'level:s0:c1,c2', 'filetype:f')).toEqual({
    process: 'u:r:t:s0:c1,c2',
    mount: 'u:object_r:f:s0:c1,c2',
  });
  const { process, mount } = labels('type:mine_t');
  expect(process).toMatch(/^system_u:system_r:mine_t:s0:c\d+,c\d+$/);
  expect(levelOf(mount)).toBe(levelOf(process));
});

test('disabled there is no process label, and files that nobody else may have', () => {
  expect(labels('disable')).toEqual(hidden);
  expect(labels('type:t', 'disable', 'nonsense')).toEqual(hidden);
});

test('what is no option is refused in Docker’s words', () => {
  const valid = "valid options 'disable' or \n'user, role, level, type, filetype' followed by ':' and a value";
  expect(() => labels('nonsense')).toThrow(`bad label option "nonsense", ${valid}`);
  const keys = "valid options 'disable, user, role, level, type, filetype'";
  expect(() => labels('sort:x')).toThrow(`bad label option "sort", ${keys}`);
  expect(() => labels('nested')).toThrow(`bad label option "nested", ${valid}`);
});

test('a policy without levels, and one that knows no containers', () => {
  const plain = { ...contexts, process: 'u:r:t', file: 'u:o:f' };
  expect(initLabels([], plain, none)).toEqual({ process: 'u:r:t', mount: 'u:o:f' });
  expect(initLabels(['nonsense'], { ...contexts, process: '' }, none)).toEqual({ process: '', mount: contexts.file });
  expect(initLabels(['disable'], { process: '', file: '', readOnlyFile: '' }, none)).toEqual({
    process: '',
    mount: '',
  });
  expect(() => initLabels([], { ...contexts, process: 'odd' }, none)).toThrow('Invalid Label');
});

test('a label as the options that give it to another, and as what all may have', () => {
  expect(optionsOf('u:r:t:s0:c1,c2')).toEqual(['user:u', 'role:r', 'type:t', 'level:s0:c1,c2']);
  expect(optionsOf('u:r:t')).toEqual(['user:u', 'role:r', 'type:t']);
  expect(optionsOf('')).toEqual([]);
  expect(sharedLabel('u:r:t:s0:c1,c2')).toBe('u:r:t:s0');
});
