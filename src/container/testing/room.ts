import { afterEach, beforeEach } from 'bun:test';
import type { EventMessage } from '../../api/index.ts';
import { type Containers, createContainers } from '../index.ts';
import { createNeighbours, type Neighbours } from './neighbours.ts';

/** The fakes about the room of the test that runs. */
export let neighbours: Neighbours;
/** That room. */
export let containers: Containers;
/** What it has told since it was opened. */
export let events: EventMessage[];
/** What its containers did since then, as events name it. */
export let actions: string[];

/** Gives every test of the file that calls it a room of its own. */
export function useRoom(): void {
  beforeEach(() => {
    neighbours = createNeighbours();
    open();
  });
  afterEach(async () => {
    await containers.close();
    neighbours.remove();
  });
}

/** Opens the room once more over what is stored, as the next engine does; who wants the last one to end closes it before. */
export function open(): void {
  events = [];
  actions = [];
  containers = createContainers(neighbours);
  containers.subscribe((event) => {
    events.push(event);
    if (event.Type === 'container') actions.push(event.Action ?? '');
  });
}

/** The engine ends in order, and the next one takes over. */
export async function reopen(): Promise<void> {
  await containers.close();
  open();
  await containers.restore();
}
