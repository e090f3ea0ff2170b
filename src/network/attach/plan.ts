import type { EndpointSettings } from '../../api/index.ts';
import { type Endpoint, endpointSettings, wishOf } from '../records/place.ts';
import type { State } from '../state.ts';
import { checkEndpoint } from './endpoint-check.ts';

/** Networks.plan */
export function plan(
  state: State,
  network: string,
  settings: EndpointSettings,
): { name: string; id: string; driver: string; settings: EndpointSettings } {
  const record = state.records.find(network === 'default' ? 'bridge' : network);
  const { id, name, driver } = record;
  checkEndpoint(name, settings, record);
  return { id, name, driver, settings: unplanned(settings) };
}

/** Networks.unplanned */
export function unplanned(settings: EndpointSettings): EndpointSettings {
  const wish = wishOf(settings);
  const mac = settings.MacAddress ?? '';
  const empty: Endpoint = { endpointId: '', networkId: '', network: '', mac, wish, names: null };
  return endpointSettings(empty);
}
