import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { facts, specOf } from '../spec/fixture.ts';
import { type AppArmorHost, ensureDefaultProfile } from './load.ts';

const directory = mkdtempSync(join(tmpdir(), 'tug-apparmor-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const host = (answer: Awaited<ReturnType<AppArmorHost['run']>>) => {
  const calls: { command: string[]; text: string }[] = [];
  const at: AppArmorHost = {
    loaded: join(directory, 'profiles'),
    own: join(directory, 'current'),
    includes: directory,
    run: async (command) => {
      calls.push({ command, text: readFileSync(command.at(-1) ?? '', 'utf8') });
      return answer;
    },
  };
  return { at, calls };
};

test('the default profile is loaded where it is not, with what the host has to include', async () => {
  writeFileSync(join(directory, 'profiles'), 'docker-default-2 (enforce)\n/usr/bin/man (enforce)\n');
  writeFileSync(join(directory, 'current'), '/usr/bin/tug (enforce)\n');
  const { at, calls } = host({ code: 0, stdout: '', stderr: '' });
  await ensureDefaultProfile(at);
  expect(calls[0]?.command.slice(0, 2)).toEqual(['apparmor_parser', '-Kr']);
  expect(calls[0]?.text).toStartWith(
    '@{PROC}=/proc/\nprofile docker-default flags=(attach_disconnected, mediate_deleted) {',
  );
  for (const rule of ['deny mount,', 'deny @{PROC}/sysrq-trigger rwklx,', 'peer=/usr/bin/tug,']) {
    expect(calls[0]?.text).toContain(rule);
  }
  mkdirSync(join(directory, 'tunables'));
  writeFileSync(join(directory, 'tunables/global'), '');
  await ensureDefaultProfile(at);
  expect(calls[1]?.text).toStartWith('#include <tunables/global>\n');
  writeFileSync(join(directory, 'profiles'), 'docker-default (enforce)\n');
  await ensureDefaultProfile(at);
  expect(calls).toHaveLength(2);
});

test('without it nothing starts, and the reason is told in Docker’s words', async () => {
  writeFileSync(join(directory, 'profiles'), '');
  const words = 'AppArmor enabled on system but the docker-default profile could not be loaded: ';
  await expect(ensureDefaultProfile(host({ code: 1, stdout: '', stderr: 'syntax\n' }).at)).rejects.toThrow(
    `${words}syntax`,
  );
  await expect(ensureDefaultProfile(host(undefined).at)).rejects.toThrow(`${words}exec: "apparmor_parser"`);
});

test('who runs under which profile', () => {
  const profileOf = (SecurityOpt: string[], more: object = {}, apparmor = true) =>
    specOf({}, { SecurityOpt, ...more }, { facts: { ...facts, apparmor } }).process.apparmorProfile;
  expect(profileOf([])).toBe('docker-default');
  expect(profileOf(['apparmor=mine'])).toBe('mine');
  expect(profileOf(['apparmor:unconfined'])).toBe('unconfined');
  expect(profileOf([], { Privileged: true })).toBe('unconfined');
  expect(profileOf(['apparmor=docker-default'], { Privileged: true })).toBe('docker-default');
  expect(profileOf([], {}, false)).toBeUndefined();
  expect(() => profileOf(['apparmor=mine'], {}, false)).toThrow('AppArmor is not enabled on this host');
});
