import { flag } from '../../flags/index.ts';
import { checkLocked, explainKey, leaveSwarm, unsupported } from './before.ts';
import { swarmCommand, text } from './swarm-command.ts';

export const init = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Initialize a swarm',
  flags: {
    'advertise-addr': flag.string('Advertised address (format: "<ip|interface>[:port]")'),
    autolock: flag.bool('Enable manager autolocking (requiring an unlock key to start a stopped manager)'),
    availability: flag.string('Availability of the node ("active", "pause", "drain")', { initial: 'active' }),
    'cert-expiry': text('Validity period for node certificates (ns|us|ms|s|m|h)', {
      type: 'duration',
      shown: '2160h0m0s',
    }),
    'data-path-addr': flag.string('Address or interface to use for data path traffic (format: "<ip|interface>")'),
    'data-path-port': text(
      'Port number to use for data path traffic (1024 - 49151). If no value is set or is set to 0, the default port (4789) is used.',
      { type: 'uint32' },
    ),
    'default-addr-pool': text('default address pool in CIDR format', { type: 'ipNetSlice', shown: '[]' }),
    'default-addr-pool-mask-length': text('default address pool subnet mask length', { type: 'uint32', shown: '24' }),
    'dispatcher-heartbeat': text('Dispatcher heartbeat period (ns|us|ms|s|m|h)', { type: 'duration', shown: '5s' }),
    'external-ca': text('Specifications of one or more certificate signing endpoints', { type: 'external-ca' }),
    'force-new-cluster': flag.bool('Force create a new cluster from current state'),
    'listen-addr': text('Listen address (format: "<ip|interface>[:port]")', {
      type: 'node-addr',
      shown: '0.0.0.0:2377',
    }),
    'max-snapshots': text('Number of additional Raft snapshots to retain', { type: 'uint' }),
    'snapshot-interval': text('Number of log entries between Raft snapshots', { type: 'uint', shown: '10000' }),
    'task-history-limit': flag.int('Task history retention limit', { initial: 5 }),
  },
  arity: { exactly: 0 },
  asks: '/swarm',
  before: unsupported,
});

export const join = swarmCommand({
  usage: '[OPTIONS] HOST:PORT',
  short: 'Join a swarm as a node and/or manager',
  flags: {
    'advertise-addr': flag.string('Advertised address (format: "<ip|interface>[:port]")'),
    availability: flag.string('Availability of the node ("active", "pause", "drain")', { initial: 'active' }),
    'data-path-addr': flag.string('Address or interface to use for data path traffic (format: "<ip|interface>")'),
    'listen-addr': text('Listen address (format: "<ip|interface>[:port]")', {
      type: 'node-addr',
      shown: '0.0.0.0:2377',
    }),
    token: flag.string('Token for entry into the swarm'),
  },
  arity: { exactly: 1 },
  asks: '/swarm',
  before: unsupported,
});

export const leave = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Leave the swarm',
  flags: {
    force: flag.bool('Force this node to leave the swarm, ignoring warnings', { short: 'f' }),
  },
  arity: { exactly: 0 },
  asks: '/swarm',
  before: leaveSwarm,
});

export const ca = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Display and rotate the root CA',
  flags: {
    'ca-cert': text('Path to the PEM-formatted root CA certificate to use for the new cluster', { type: 'pem-file' }),
    'ca-key': text('Path to the PEM-formatted root CA key to use for the new cluster', { type: 'pem-file' }),
    'cert-expiry': text('Validity period for node certificates (ns|us|ms|s|m|h)', {
      type: 'duration',
      shown: '2160h0m0s',
    }),
    detach: flag.bool('Exit immediately instead of waiting for the root rotation to converge', { short: 'd' }),
    'external-ca': text('Specifications of one or more certificate signing endpoints', { type: 'external-ca' }),
    quiet: flag.bool('Suppress progress output', { short: 'q' }),
    rotate: flag.bool('Rotate the swarm CA - if no certificate or key are provided, new ones will be generated'),
  },
  arity: { exactly: 0 },
  asks: '/swarm',
});

export const joinToken = swarmCommand({
  usage: '[OPTIONS] (worker|manager)',
  short: 'Manage join tokens',
  flags: {
    quiet: flag.bool('Only display token', { short: 'q' }),
    rotate: flag.bool('Rotate join token'),
  },
  arity: { exactly: 1 },
  asks: '/swarm',
});

export const unlock = swarmCommand({
  usage: '',
  short: 'Unlock swarm',
  flags: {},
  arity: { exactly: 0 },
  asks: '/swarm',
  before: checkLocked,
});

export const unlockKey = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Manage the unlock key',
  flags: {
    quiet: flag.bool('Only display token', { short: 'q' }),
    rotate: flag.bool('Rotate unlock key'),
  },
  arity: { exactly: 0 },
  asks: '/swarm',
  before: explainKey,
});

export const update = swarmCommand({
  usage: '[OPTIONS]',
  short: 'Update the swarm',
  flags: {
    autolock: flag.bool('Change manager autolocking setting (true|false)'),
    'cert-expiry': text('Validity period for node certificates (ns|us|ms|s|m|h)', {
      type: 'duration',
      shown: '2160h0m0s',
    }),
    'dispatcher-heartbeat': text('Dispatcher heartbeat period (ns|us|ms|s|m|h)', { type: 'duration', shown: '5s' }),
    'external-ca': text('Specifications of one or more certificate signing endpoints', { type: 'external-ca' }),
    'max-snapshots': text('Number of additional Raft snapshots to retain', { type: 'uint' }),
    'snapshot-interval': text('Number of log entries between Raft snapshots', { type: 'uint', shown: '10000' }),
    'task-history-limit': flag.int('Task history retention limit', { initial: 5 }),
  },
  arity: { exactly: 0 },
  asks: '/swarm',
});
