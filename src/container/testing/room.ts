import { afterEach, beforeEach } from 'bun:test';
import { type Containers, createContainers } from '../index.ts';
import { createNeighbours, type Neighbours } from './neighbours.ts';

/** The fakes about the room of the test that runs. */
export let neighbours: Neighbours;
/** That room. */
export let containers: Containers;
/** What its containers did since it was opened, as events name it. */
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
  actions = [];
  containers = createContainers(neighbours);
  containers.subscribe(({ Type, Action = '' }) => {
    if (Type === 'container') actions.push(Action);
  });
}
