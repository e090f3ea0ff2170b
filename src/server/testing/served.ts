import { afterEach, beforeEach } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../kit/index.ts';
import type { Server } from '../contract.ts';
import { createServer } from '../server.ts';
import { createFakeRooms, type FakeRooms } from './fakes.ts';

/** A directory of the test that runs. */
export let directory: string;
/** The socket in it on which a server listens. */
export let path: string;
/** The fakes behind that server. */
export let rooms: FakeRooms;
export let server: Server;

/** Gives every test of the file that calls it a server of its own. */
export function useServer(): void {
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tug-server-'));
    path = join(directory, 'api.sock');
    rooms = createFakeRooms();
    server = createServer({ backends: rooms.backends, log: silent });
    await server.listen({ path, mode: 0o660 });
  });
  afterEach(async () => {
    await server.close();
    rooms.backends.system.close();
    rmSync(directory, { recursive: true, force: true });
  });
}
