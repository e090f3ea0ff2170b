import { expect, test } from 'bun:test';
import { type CdiDevices, type ShownSettings, settingsWarnings } from './settings.ts';

const warnings = (settings: Partial<ShownSettings>, devices: CdiDevices = { names: [] }) =>
  settingsWarnings({ open: [], ...settings } as ShownSettings, devices);

test('an API that anybody may use is told of, and devices that cannot be read', () => {
  expect(warnings({})).toEqual([]);
  const open = [
    { address: '0.0.0.0:2375', tls: false },
    { address: '[::]:2376', tls: true },
  ];
  expect(warnings({ open }).map((text) => text.split('\n')[0])).toEqual([
    'WARNING: API is accessible on http://0.0.0.0:2375 without encryption.',
    'WARNING: API is accessible on https://[::]:2376 without TLS client verification.',
  ]);
  expect(warnings({}, { names: [], trouble: 'broken' })).toEqual(['WARNING: CDI: broken']);
});
