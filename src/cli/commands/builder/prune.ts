import { pruneCommand } from '../prune.ts';

export const prune = pruneCommand('build', {
  short: 'Remove build cache',
  filter: 'Provide filter values (e.g. "until=24h")',
  all: 'Remove all unused build cache, not just dangling ones',
  question: (all) =>
    all ? 'WARNING! This will remove all build cache.' : 'WARNING! This will remove all dangling build cache.',
});
