// Health checks, restart policies, events and links: the same commands on a real Docker and on ours, compared word by word.
import { describe, expect, test } from 'bun:test';
import { until } from '../support/command.ts';
import { ours, peer, type Side, theirs, useSides } from './sides.ts';

const image = 'health-conformance:1';
const names = ['lc-child', 'lc-parent', 'lc-other', 'lc-sick', 'lc-loop'];

useSides(image, (docker) => docker('rm', '-f', '-v', ...names));

/** Ids, addresses and times are each engine's own. */
function normal(text: string): string {
  return text
    .replace(/\b(sha256:)?[0-9a-f]{64}\b/g, 'ID')
    .replace(/\b[0-9a-f]{12}\b/g, 'ID')
    .replace(/\b(172|10)\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/"execDuration":"\d+"/g, '"execDuration":"N"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/(Up|Restarting \(\d+\)|Exited \(\d+\)) (Less than a second|\d+ seconds?)/g, '$1 TIME');
}

type Step = string[] | { wait: (docker: Side['docker']) => Promise<boolean> };

/** What both sides answer to each step. */
async function both(steps: Step[]): Promise<void> {
  const [expected, said] = await Promise.all([theirs, ours].map((side) => play(side, steps)));
  expect(said).toEqual(expected as NonNullable<typeof expected>);
}

async function play({ docker }: Side, steps: Step[]) {
  const answers: { step: string; code: number; stdout: string; stderr: string }[] = [];
  for (const step of steps) {
    if (!Array.isArray(step)) {
      await until('it is as the next step needs it', () => step.wait(docker), 20_000);
      continue;
    }
    const { code, stdout, stderr } = await docker(...step);
    answers.push({ step: step.join(' '), code, stdout: normal(stdout), stderr: normal(stderr) });
  }
  return answers;
}

const state = (name: string, template: string, wanted: string): Step => ({
  wait: async (docker) => (await docker('inspect', '-f', template, name)).stdout.trim() === wanted,
});

const since = () => String(Date.now() / 1000 - 0.001);
/** Asked of the engines themselves, to the millisecond. */
const events = async ({ socket }: Side, from: string, filters: Record<string, string[]> = {}): Promise<string[]> => {
  const query = { since: from, until: String((Date.now() + 1) / 1000), filters: JSON.stringify(filters) };
  const answer = await fetch(`http://docker/events?${new URLSearchParams(query)}`, { unix: socket });
  const lines = (await answer.text()).trim().split('\n');
  return lines.map((line) => {
    const { Type, Action, Actor } = JSON.parse(line);
    const sorted = Object.fromEntries(Object.entries(Actor.Attributes).toSorted());
    return `${Type} ${Action} ${Actor.ID} ${JSON.stringify(sorted)}`;
  });
};

describe.skipIf(peer === undefined)('compared with a real Docker', () => {
  test('links: names, hosts, variables, refusals', async () => {
    await both([
      [
        'run',
        '-d',
        '--name',
        'lc-child',
        '--expose',
        '80',
        '--expose',
        '90-91/udp',
        '-e',
        'FOO=b r',
        image,
        'sleep',
        '60',
      ],
      ['run', '-d', '--name', 'lc-parent', '--link', 'lc-child:my-db', image, 'sleep', '60'],
      ['exec', 'lc-parent', 'sh', '-c', 'env | sort'],
      ['exec', 'lc-parent', 'sh', '-c', 'tail -n +7 /etc/hosts'],
      ['inspect', '-f', '{{json .HostConfig.Links}}', 'lc-parent', 'lc-child'],
      ['inspect', '-f', '{{.Name}}', 'lc-parent/my-db'],
      ['rm', '--link', 'lc-parent/my-db'],
      ['rm', '--link', 'lc-parent/my-db'],
      ['rm', '--link', 'lc-child'],
      ['inspect', '-f', '{{json .HostConfig.Links}}', 'lc-parent'],
      ['create', '--name', 'lc-other', '--link', 'lc-nosuch', image],
      ['create', '--name', 'lc-other', '--net', 'host', '--link', 'lc-child', image],
      ['rm', '-f', 'lc-parent'],
      ['stop', '-t', '0', 'lc-child'],
      ['create', '--name', 'lc-other', '--link', 'lc-child:db', image],
      ['start', 'lc-other'],
      ['rm', 'lc-other', 'lc-child'],
    ]);
  }, 60_000);

  test('a health check’s states and results, and the events of a life', async () => {
    const from = since();
    const check = ['--health-cmd', 'echo looked; test -e /ok', '--health-interval', '500ms', '--health-retries', '2'];
    await both([
      ['run', '-d', '--name', 'lc-sick', ...check, image, 'sleep', '60'],
      ['inspect', '-f', '{{json .State.Health}} {{json .Config.Healthcheck}}', 'lc-sick'],
      state('lc-sick', '{{.State.Health.FailingStreak}}', '2'),
      ['ps', '--filter', 'name=lc-sick', '--filter', 'health=unhealthy', '--format', '{{.Status}} {{.State}}'],
      ['inspect', '-f', '{{json (index .State.Health.Log 0)}}', 'lc-sick'],
      ['exec', 'lc-sick', 'touch', '/ok'],
      state('lc-sick', '{{.State.Health.Status}}', 'healthy'),
      ['ps', '--filter', 'name=lc-sick', '--format', '{{.Status}} {{.State}}'],
      ['pause', 'lc-sick'],
      ['ps', '--filter', 'name=lc-sick', '--format', '{{.Status}} {{.State}}'],
      ['inspect', '-f', '{{.State.Health.Status}}', 'lc-sick'],
      ['unpause', 'lc-sick'],
      ['kill', 'lc-sick'],
      ['inspect', '-f', '{{.State.Health.Status}} {{.State.ExitCode}}', 'lc-sick'],
      ['ps', '-a', '--filter', 'name=lc-sick', '--format', '{{.Status}} {{.State}}'],
      ['rm', 'lc-sick'],
    ]);
    const [expected, said] = await Promise.all(
      [theirs, ours].map(async (side) => {
        const all = (await events(side, from, { container: ['lc-sick'] })).map(normal);
        const plain = all.filter((line) => !line.includes('container exec_'));
        return {
          probe: all
            .filter((line) => line.includes('looked'))
            .slice(0, 2)
            .map(withoutExec),
          plain,
        };
      }),
    );
    expect(said).toEqual(expected as NonNullable<typeof expected>);
  }, 60_000);

  test('the events of a network and a volume that a container has, in order', async () => {
    const from = since();
    await both([
      ['run', '--name', 'lc-child', '-v', 'lc-volume:/d:ro', image, 'true'],
      ['rm', 'lc-child'],
      ['volume', 'rm', 'lc-volume'],
    ]);
    const [expected, said] = await Promise.all(
      [theirs, ours].map(async (side) => {
        const all = await events(side, from);
        const [, id = 'none'] = /container create (\w+) .*"lc-child"/.exec(all.join('\n')) ?? [];
        // Others may use the same Docker meanwhile.
        return all.filter((line) => line.includes('lc-') || line.includes(id)).map(normal);
      }),
    );
    expect(said).toEqual(expected as NonNullable<typeof expected>);
  }, 60_000);

  test('the events of an exec, a commit, and of everything that is pruned', async () => {
    const from = since();
    const none = ['-f', '--filter', 'label=lc-none'];
    await both([
      ['run', '-d', '--name', 'lc-busy', image, 'sleep', '60'],
      ['exec', 'lc-busy', 'true'],
      ['exec', 'lc-busy', 'echo', 'a b', 'c'],
      ['commit', 'lc-busy', 'lc-busy:1'],
      ['rmi', 'lc-busy:1'],
      ['rm', '-f', 'lc-busy'],
      ['container', 'prune', ...none],
      ['network', 'prune', ...none],
      ['volume', 'prune', ...none],
      ['image', 'prune', ...none],
      ['builder', 'prune', '-f', '--filter', 'unused-for=9999h'],
    ]);
    const [expected, said] = await Promise.all(
      [theirs, ours].map(async (side) => {
        const all = await events(side, from);
        return all.filter((line) => /^container (?!destroy|die).*"lc-busy"| prune /.test(line)).map(normal);
      }),
    );
    expect(expected?.filter((line) => line.includes(' prune '))).toHaveLength(5);
    expect(said).toEqual(expected as NonNullable<typeof expected>);
  }, 60_000);

  test('a container between two lives', async () => {
    await both([
      ['run', '-d', '--name', 'lc-loop', '--restart', 'always', image, 'false'],
      // From the fifth on a second and more lies between two lives.
      state('lc-loop', '{{.RestartCount}} {{.State.Status}}', '5 restarting'),
      ['inspect', '-f', '{{.State.Running}} {{.State.Restarting}} {{.State.Pid}} {{.State.ExitCode}}', 'lc-loop'],
      ['ps', '--filter', 'name=lc-loop', '--format', '{{.Status}} {{.State}}'],
      ['rm', 'lc-loop'],
      ['exec', 'lc-loop', 'true'],
      ['pause', 'lc-loop'],
      ['kill', '-s', 'HUP', 'lc-loop'],
      ['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'lc-loop'],
      ['stop', 'lc-loop'],
      ['rm', 'lc-loop'],
      ['create', '--name', 'lc-loop', '--restart', 'always:3', image],
      ['create', '--name', 'lc-loop', '--restart', 'sometimes', image],
      ['create', '--name', 'lc-loop', '--rm', '--restart', 'always', image],
    ]);
  }, 60_000);
});

const withoutExec = (line: string): string => line.replace(/"execID":"ID",/, '');
