import { pruneCommand } from '../prune.ts';

export const prune = pruneCommand(
  'images',
  {
    short: 'Remove unused images',
    filter: 'Provide filter values (e.g. "until=<timestamp>")',
    all: 'Remove all unused images, not just dangling ones',
    question: (all) =>
      all
        ? 'WARNING! This will remove all images without at least one container associated to them.'
        : 'WARNING! This will remove all dangling images.',
  },
  (all) => ({ dangling: String(!all) }),
);
