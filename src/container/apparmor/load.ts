import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, type Said } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';
import { defaultProfile, defaultProfileName } from './profile.ts';

/** Where the host tells of AppArmor; others for tests. */
export interface AppArmorHost {
  loaded: string;
  own: string;
  includes: string;
  run(command: string[]): Promise<Said | undefined>;
}

const thisHost: AppArmorHost = {
  loaded: '/sys/kernel/security/apparmor/profiles',
  own: '/proc/self/attr/current',
  includes: '/etc/apparmor.d',
  run: runProgram,
};

/** Loads the default profile unless it is: an upgrade of the host's own may have taken it away since the last start. */
export async function ensureDefaultProfile(host: AppArmorHost = thisHost): Promise<void> {
  if (isLoaded(host)) return;
  const directory = mkdtempSync(join(tmpdir(), 'tug-apparmor-'));
  try {
    const path = join(directory, defaultProfileName);
    const files = {
      tunables: existsSync(join(host.includes, 'tunables/global')),
      abstractions: existsSync(join(host.includes, 'abstractions/base')),
    };
    writeFileSync(path, defaultProfile(files, ownProfile(host)));
    const said = await host.run(['apparmor_parser', '-Kr', path]);
    if (said?.code !== 0)
      throw failed(said?.stderr.trim() ?? 'exec: "apparmor_parser": executable file not found in $PATH');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const failed = (why: string): EngineError =>
  new EngineError(
    'internal',
    `AppArmor enabled on system but the ${defaultProfileName} profile could not be loaded: ${why}`,
  );

/** Lines of `NAME (MODE)`. */
function isLoaded({ loaded }: AppArmorHost): boolean {
  if (!existsSync(loaded)) return false;
  return readFileSync(loaded, 'utf8')
    .split('\n')
    .some((line) => line.startsWith(`${defaultProfileName} `));
}

/** The engine's own, of which the text tells the mode as well: `/usr/bin/tug (enforce)`. */
function ownProfile({ own }: AppArmorHost): string {
  const text = existsSync(own)
    ? readFileSync(own, 'utf8')
        .replace(/ \(.*\)\s*$/, '')
        .trim()
    : '';
  return text === '' ? 'unconfined' : text;
}
