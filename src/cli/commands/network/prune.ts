import { pruneCommand } from '../prune.ts';

export const prune = pruneCommand('networks', {
  short: 'Remove all unused networks',
  filter: 'Provide filter values (e.g. "until=<timestamp>")',
  question: () => 'WARNING! This will remove all custom networks not used by at least one container.',
  hidesSpace: true,
});
