import { nfnetlink } from '../host/index.ts';
import { messageOf } from '../kit/index.ts';
import { tableOf } from './firewall/ruleset.ts';
import { lower } from './make/lower.ts';
import type { State } from './state.ts';

/**
 * Takes all away that the engine has made of its networks, but for an administrator's rules. The next start makes it again, with the same
 * addresses.
 */
export async function leave(state: State): Promise<void> {
  const { netfilter, records, options, log } = state;
  const table = tableOf(options.bridge);
  try {
    for (const record of records.all()) {
      if (state.wires.has(record.id) || state.lines.has(record.id)) await lower(state, record);
    }
    if (nfnetlink.rules(netfilter, table, 'TUG-USER').length > 0) return;
    nfnetlink.commit(netfilter, 'remove the ruleset', [nfnetlink.deleteTable(table)]);
  } catch (error) {
    log.warn('networks could not be taken away', { error: messageOf(error) });
  }
}
