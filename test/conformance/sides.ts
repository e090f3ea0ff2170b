import { afterAll, beforeAll, expect } from 'bun:test';
import { rmSync } from 'node:fs';
import { type Result, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';

/** An engine, and Docker's own program at it. */
export interface Side {
  socket: string;
  docker(...args: string[]): Promise<Result>;
}

const side = (socket: string): Side => ({
  socket,
  docker: (...args) => run(['docker', ...args], { env: { DOCKER_HOST: `unix://${socket}` } }),
});

/** The socket of a real Docker; undefined where none can be had. */
export const peer = await startPeer();
/** That Docker. */
export let theirs: Side;
/** An engine of ours. */
export let ours: Side;

/** Gives the tests of the file that calls it both sides, with busybox as `image`; what `clear` removes is gone before and after. */
export function useSides(image: string, clear: (docker: Side['docker']) => Promise<unknown>): void {
  let engine: Engine;

  beforeAll(async () => {
    if (peer === undefined) return;
    engine = await startEngine();
    theirs = side(peer);
    ours = side(engine.socket);
    const tar = await busyboxTar();
    for (const { docker } of [theirs, ours]) {
      await clear(docker);
      expect((await docker('import', '--change', 'CMD ["sh"]', tar, image)).code).toBe(0);
    }
    rmSync(tar);
  }, 60_000);

  afterAll(async () => {
    if (peer === undefined) return;
    await clear(theirs.docker);
    await theirs.docker('rmi', image);
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);
}
