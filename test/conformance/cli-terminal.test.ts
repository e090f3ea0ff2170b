import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Engine, startEngine } from '../support/engine.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const tug = new URL('../../dist/tug', import.meta.url).pathname;
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.withBusybox();
}, 60_000);
afterAll(async () => {
  expect(await engine.dispose()).toEqual([]);
}, 60_000);

/** A shell of a person who types `tug` commands. */
async function person(): Promise<Terminal> {
  const terminal = await openTerminal('sh', { DOCKER_HOST: engine.host });
  // The prompt is found again by words that are not in the line that sets it.
  await terminal.type(`PS1='ho''st> '\n`);
  await terminal.shows(/host> *$/m);
  return terminal;
}

describe('a person at a terminal', () => {
  test('run -it: size, resize, detach, attach, exit code, and a terminal as it was', async () => {
    const terminal = await person();
    try {
      await terminal.type(`${tug} run -it --name term busybox sh\n`);
      await terminal.shows(/^\/ # *$/m);
      await terminal.type('stty size\n');
      await terminal.shows(/^24 80$/m);
      await terminal.resize(100, 30);
      await Bun.sleep(300);
      await terminal.type('stty size\n');
      await terminal.shows(/^30 100$/m);
      await terminal.press('C-p', 'C-q');
      await terminal.shows(/host> *$/m);
      await terminal.type('echo "[detached $?]"; stty -a | grep -o -- "-*icanon"\n');
      await terminal.shows(/\[detached 0\]\s+icanon\s/);
      expect((await engine.tug(['inspect', '-f', '{{.State.Running}}', 'term'])).stdout).toBe('true\n');
      await terminal.type(`${tug} attach term; echo "[attach $?]"\n`);
      // The shell draws its prompt again because the size changed under it.
      await terminal.shows(/\[detached 0\][\s\S]*\/ # *$/m);
      await terminal.type('exit 6\n');
      await terminal.shows(/^\[attach 6\]$/m);
    } finally {
      await terminal.close();
      await engine.tug(['rm', '-f', 'term']);
    }
  }, 60_000);

  test('exec -it: a program of its own, detach keys say so', async () => {
    await engine.tug(['run', '-d', '--name', 'idle', 'busybox', 'sleep', '1000']);
    const terminal = await person();
    try {
      await terminal.type(`${tug} exec -it idle sh; echo "[exec $?]"\n`);
      await terminal.shows(/^\/ # *$/m);
      await terminal.type('stty size; exit 3\n');
      await terminal.shows(/^24 80\s+\[exec 3\]$/m);
      await terminal.type(`${tug} exec -it idle sh; echo "[again $?]"\n`);
      await terminal.shows(/^\/ # *$/m);
      await terminal.press('C-p', 'C-q');
      await terminal.shows(/read escape sequence\s+\[again 1\]/);
    } finally {
      await terminal.close();
      await engine.tug(['rm', '-f', 'idle']);
    }
  }, 60_000);
});
