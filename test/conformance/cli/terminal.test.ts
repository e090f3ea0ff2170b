import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Engine, startEngine } from '../../support/engine.ts';
import { openTerminal, type Terminal } from '../../support/terminal.ts';

const tug = new URL('../../../dist/tug', import.meta.url).pathname;
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

  test('stats: a table that is drawn again, with containers that come and go', async () => {
    await engine.tug(['run', '-d', '--name', 'first', 'busybox', 'sleep', '1000']);
    const terminal = await person();
    try {
      await terminal.type(`clear; ${tug} stats; echo "[stats $?]"\n`);
      await terminal.shows(/^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % .*\n[0-9a-f]{12} +first +\d/m);
      await engine.tug(['run', '-d', '--name', 'second', 'busybox', 'sleep', '1000']);
      await terminal.shows(/ first .*\n[0-9a-f]{12} +second +\d/);
      await engine.tug(['rm', '-f', 'first']);
      await terminal.shows(/^CONTAINER ID .*\n[0-9a-f]{12} +second +\d[^\n]*\s*$/m);
      await terminal.press('C-c');
      await terminal.shows(/\[stats 130\]|host> *$/m);
    } finally {
      await terminal.close();
      await engine.tug(['rm', '-f', 'first', 'second']);
    }
  }, 60_000);

  test('cp says how much it copied, prune asks first', async () => {
    await engine.tug(['create', '--name', 'files', 'busybox', 'true']);
    const terminal = await person();
    try {
      await terminal.type(`${tug} cp /etc/hostname files:/copied; echo "[cp $?]"\n`);
      await terminal.shows(/^Successfully copied 2.05kB to files:\/copied\s+\[cp 0\]$/m);
      await terminal.type(`${tug} container prune; echo "[no $?]"\n`);
      await terminal.shows(/Are you sure you want to continue\? \[y\/N\] *$/m);
      await terminal.type('n\n');
      await terminal.shows(/\[no 0\]/);
      await terminal.type(`clear; ${tug} container prune; echo "[signal $?]"\n`);
      await terminal.shows(/continue\? \[y\/N\] *$/m);
      await terminal.press('C-c');
      await terminal.shows(/\[signal 0\]/);
      expect((await engine.tug(['ps', '-aq', '-f', 'name=files'])).stdout).toMatch(/^[0-9a-f]{12}\n$/);
      await terminal.type(`clear; ${tug} container prune; echo "[yes $?]"\n`);
      await terminal.shows(/continue\? \[y\/N\] *$/m);
      await terminal.type('y\n');
      await terminal.shows(/Deleted Containers:\s+[0-9a-f]{64}\s+Total reclaimed space: .*\s+\[yes 0\]/);
    } finally {
      await terminal.close();
      await engine.tug(['rm', '-f', 'files']);
    }
  }, 60_000);
});
