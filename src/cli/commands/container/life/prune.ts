import { pruneCommand } from '../../prune.ts';

export const prune = pruneCommand('containers', {
  short: 'Remove all stopped containers',
  filter: 'Provide filter values (e.g. "until=<timestamp>")',
  question: () => 'WARNING! This will remove all stopped containers.',
});
