import { parseMoment } from '../../api/index.ts';
import { EngineError, messageOf } from '../../kit/index.ts';
import { hasLabel } from '../records/filters.ts';
import { isPredefined, type NetworkRecord } from '../records/record.ts';
import { announce, membersOf, type State } from '../state.ts';
import { lower } from './lower.ts';

/** Networks.remove */
export async function remove(state: State, reference: string): Promise<void> {
  const { id } = state.records.find(reference);
  await state.turns.run('networks', () => removeNow(state, state.records.find(id)));
}

/** The record goes last: a kill leaves a network that is still there, whole again at the next start. */
async function removeNow(state: State, record: NetworkRecord): Promise<void> {
  const { id, name, driver } = record;
  if (isPredefined(name)) {
    throw new EngineError('forbidden', `${name} is a pre-defined network and cannot be removed`);
  }
  if (record.configOnly && state.records.all().some(({ configFrom }) => configFrom === name)) {
    throw inUse(`configuration network ${JSON.stringify(name)} is in use`);
  }
  const members = membersOf(state, id);
  if (members.length > 0) {
    const who = members.map(
      ({ place, endpoint }) =>
        `name:${JSON.stringify(place.name)} id:${JSON.stringify(endpoint.endpointId.slice(0, 12))}`,
    );
    throw inUse(`network ${name} has active endpoints (${who.join(', ')})`);
  }
  if (!record.configOnly) await lower(state, record);
  state.records.delete(id);
  if (!record.configOnly) announce(state, 'destroy', id, { name, type: driver });
}

const inUse = (text: string): EngineError => new EngineError('forbidden', `error while removing network: ${text}`);

const known = ['label', 'label!', 'until'];

/** Networks.prune */
export async function prune(
  state: State,
  filters: Record<string, string[]>,
): Promise<{ NetworksDeleted: string[] | null }> {
  for (const name of Object.keys(filters)) {
    if (!known.includes(name)) throw new EngineError('invalid', `invalid filter '${name}'`);
  }
  const untils = filters.until ?? [];
  if (untils.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const [until] = untils.map((text) => parseMoment(text, Date.now()));
  const deleted: string[] = [];
  for (const record of state.records.all()) {
    if (!isUnused(state, record) || !passes(record, filters, until)) continue;
    try {
      await remove(state, record.id);
      deleted.push(record.name);
    } catch (error) {
      state.log.warn('could not remove local network', { network: record.name, error: messageOf(error) });
    }
  }
  announce(state, 'prune', '', { reclaimed: '0' });
  return { NetworksDeleted: deleted.length > 0 ? deleted : null };
}

const isUnused = (state: State, record: NetworkRecord): boolean =>
  !isPredefined(record.name) && !record.configOnly && membersOf(state, record.id).length === 0;

function passes(record: NetworkRecord, filters: Record<string, string[]>, until: number | undefined): boolean {
  if (until !== undefined && Date.parse(record.created) > until) return false;
  const unwanted = filters['label!'] ?? [];
  if (unwanted.length > 0 && unwanted.every((label) => hasLabel(record, label))) return false;
  return (filters.label ?? []).every((label) => hasLabel(record, label));
}
