import { expect, test } from 'bun:test';
import type { EventMessage } from '../../api/index.ts';
import { eventMatches } from './filter.ts';

const event: EventMessage = {
  Type: 'container',
  Action: 'exec_start: sh -c true',
  Actor: { ID: 'abcdef', Attributes: { name: 'box', image: 'repo/bb:1', tier: 'front' } },
  scope: 'local',
};

const cases: [filters: Record<string, string[]>, passes: boolean][] = [
  [{}, true],
  [{ type: ['container'] }, true],
  [{ type: ['image', 'network'] }, false],
  [{ event: ['exec_start'] }, true],
  [{ event: ['exec'] }, false],
  [{ event: ['exec', 'health_status'] }, true],
  [{ node: ['x'] }, false],
  [{ config: ['abc'] }, true],
  [{ event: ['die', 'exec_start'] }, true],
  [{ container: ['abc'] }, true],
  [{ container: ['bo'] }, true],
  [{ container: ['ox'] }, false],
  [{ image: ['repo/bb'] }, true],
  [{ image: ['repo/bb:1'] }, true],
  [{ image: ['bb'] }, false],
  [{ label: ['tier'] }, true],
  [{ label: ['tier=front', 'tier'] }, true],
  [{ label: ['tier=back'] }, false],
  [{ scope: ['swarm'] }, false],
  [{ type: ['container'], container: ['nosuch'] }, false],
  [{ nonsense: ['x'] }, true],
];

test.each(cases)('%j: %p', (filters, passes) => {
  expect(eventMatches(event, filters)).toBe(passes);
});
