import { pruneCommand } from '../prune.ts';

export const prune = pruneCommand(
  'volumes',
  {
    short: 'Remove unused local volumes',
    filter: 'Provide filter values (e.g. "label=<label>")',
    all: 'Remove all unused volumes, not just anonymous ones',
    question: (all) =>
      all
        ? 'WARNING! This will remove all local volumes not used by at least one container.'
        : 'WARNING! This will remove anonymous local volumes not used by at least one container.',
  },
  (all, filters) => {
    if (all && filters.some((filter) => filter.startsWith('all='))) {
      throw new Error('conflicting options: cannot specify both --all and --filter all=1');
    }
    return all ? { all: 'true' } : {};
  },
);
