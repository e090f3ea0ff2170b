import type { Check } from '../contract.ts';
import { symptom } from './symptom.ts';

/** Mandatory access control, and what loads its profiles. */
export const security: Check = (host) => {
  const apparmor = host.read('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y';
  const enforcing = host.read('/sys/fs/selinux/enforce')?.trim();
  return [
    ...symptom(apparmor && host.program('apparmor_parser') === undefined, {
      id: 'apparmor-parser',
      gravity: 'warning',
      text: 'AppArmor is on, but there is no apparmor_parser: the profile docker-default cannot be loaded',
      mend: 'apt-get install apparmor',
    }),
    ...symptom(enforcing === '1', {
      id: 'selinux',
      gravity: 'note',
      text: 'SELinux is enforcing: files of volumes need labels that containers may read',
      mend: 'mount them with :z or :Z where the engine has --selinux-enabled, or label them with chcon -t container_file_t',
    }),
  ];
};
