import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from '../settings/flags.ts';
import type { Option } from './option.ts';
import { options } from './table.ts';

/** Every long flag of dockerd 28.5. */
const dockerd =
  'add-runtime allow-direct-routing authorization-plugin bip bip6 bridge cdi-spec-dir cgroup-parent config-file containerd ' +
  'containerd-namespace containerd-plugins-namespace cpu-rt-period cpu-rt-runtime cri-containerd data-root debug ' +
  'default-address-pool default-cgroupns-mode default-gateway default-gateway-v6 default-ipc-mode default-network-opt ' +
  'default-runtime default-shm-size default-ulimit dns dns-opt dns-search exec-opt exec-root experimental feature fixed-cidr ' +
  'fixed-cidr-v6 group help host host-gateway-ip http-proxy https-proxy icc init init-path insecure-registry ip ip-forward ' +
  'ip-forward-no-drop ip-masq ip6tables iptables ipv6 label live-restore log-driver log-format log-level log-opt ' +
  'max-concurrent-downloads max-concurrent-uploads max-download-attempts metrics-addr mtu network-control-plane-mtu ' +
  'no-new-privileges no-proxy node-generic-resource pidfile raw-logs registry-mirror rootless seccomp-profile selinux-enabled ' +
  'shutdown-timeout storage-driver storage-opt swarm-default-advertise-addr tls tlscacert tlscert tlskey tlsverify ' +
  'userland-proxy userland-proxy-path userns-remap validate version';

test('every flag of dockerd is known, and named where it is said what becomes of it', () => {
  const names = options.map(({ name }) => name);
  expect(dockerd.split(' ').filter((name) => !names.includes(name))).toEqual([]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const help = usage();
  expect(names.filter((name) => !help.includes(`--${name}`))).toEqual([]);
  const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
  const named = ({ name, key }: Option) => page.includes(`--${name}\``) || page.includes(`\`${key ?? name}`);
  expect(options.filter((option) => !named(option)).map(({ name }) => name)).toEqual([]);
});

test('no setting is both without effect and refused', () => {
  expect(options.filter(({ idle, refused }) => idle && refused)).toEqual([]);
});
