// Files in and out of containers, volumes and images, by Docker's own command line: on a real Docker and on us, every word the same.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from '../support/command.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { busyboxTar } from '../support/image.ts';
import { startPeer } from '../support/peer.ts';

const peer = await startPeer();
const own = `files${process.pid}`;
const image = `${own}-bb:1`;

let engine: Engine;
let directory = '';
/** Where each side's copies go. */
const sides: { name: string; socket: () => string }[] = [
  { name: 'docker', socket: () => peer ?? '' },
  { name: 'tug', socket: () => engine.socket },
];

const setup = `mkdir -p /d/s; echo hi > /d/f; ln /d/f /d/hl; ln -s f /d/sl; ln -s /nowhere /d/bad; ln -s /d /dl; mkfifo /d/ff;
  chmod 4755 /d/f; rm /bin/vi; rm -rf /home; mkdir /home; echo x > /home/n; echo y > /vol/y; touch /ready; sleep 1000`;

/** `C` is the container, `I` the image, `V` a volume, `@` the side's own directory; a line is a command of docker or, after `!`, of the shell. */
const cases = [
  'diff C',
  'cp C:/d/f @/f && !cat @/f',
  'cp C:/d @/dir && !ls @/dir && !readlink @/dir/sl',
  'cp C:/d/. @/dir2 && !ls @/dir2',
  'cp C:/dl @/link && !readlink @/link',
  'cp -L C:/dl @/followed && !ls @/followed',
  'cp C:/d/sl @/sl && !readlink @/sl',
  'cp C:/nope @/x',
  'cp C:/d/f/x @/x',
  'cp C:/d/f/ @/x',
  'cp C:/proc/1/comm @/x',
  'cp nope:/d @/x',
  'cp C:/vol/y - | tar tf -',
  'cp C:/etc/hostname - | tar tf -',
  'cp @/in C:/d/in && exec C find /d/in',
  'cp @/in/. C:/d/in2 && exec C find /d/in2',
  'cp @/in C:/d && exec C cat /d/in/sub/file',
  'cp @/in/sub/file C:/d/renamed && exec C cat /d/renamed',
  'cp @/in/sub/file C:/nope/file',
  'cp @/in/sub/file C:/nope/',
  'cp @/in C:/d/f',
  'cp @/in/sub/file C:/d/s && exec C cat /d/s/file',
  'cp @/in/sub/file C:/vol && exec C cat /vol/file',
  'cp @/in/sub/file C:/ro',
  'cp @/in/sub/file C:/dl/throughlink && exec C cat /d/throughlink',
  'cp @/missing C:/d',
  'cp @/in/link C:/d/alink && exec C readlink /d/alink',
  'cp -a @/in/sub C:/d/owned && exec C stat -c %u:%g /d/owned/file',
  'cp -q @/in/sub/file C:/tmp/q',
  'export C | tar tf - | grep -E ^(d/|home|etc/h|vol|proc|.dockerenv) | sort',
  'export nope',
  'diff nope',
  'commit -m why -a me -c ENV~A=b -c CMD~["x"] C Xc:1 && image inspect Xc:1 --format {{json~.Config.Env}}{{.Author}}{{.Comment}}{{.Config.Cmd}}',
  'commit -p=false C Xc:2 && run --rm Xc:2 sh -c ls~/d;ls~/bin/vi',
  'commit C Xc:BAD!',
  'commit C XC',
  'commit nope x',
  'commit -c FOO~x C',
  'commit -c CMD C',
  'history --format {{.CreatedBy}} Xc:1',
  'save Xc:1 -o @/saved.tar && rmi Xc:1 && load -i @/saved.tar && run --rm Xc:1 cat /d/f',
  'save nope',
  'save Xc:1 Xc:2 | tar xOf - repositories | grep -c Xc',
  'load -i @/missing.tar',
  'rmi I',
  'rmi nope',
  'rmi Xc:1 Xc:2',
  'volume create Xv && volume inspect Xv --format {{.Driver}}{{.Scope}}{{.Labels}}{{.Options}}',
  'volume create Xv',
  'volume create --label a=b --label c Xl && volume ls -q --filter label=a=b --filter name=X',
  'volume create x',
  'volume create -o foo=bar Xo',
  'volume create -o type=tmpfs Xo',
  'volume create -o size=1m -o type=tmpfs -o device=x Xo',
  'volume create -d nope Xo',
  'volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,mode=700 Xt && run --rm -v Xt:/m I grep ~/m~ /proc/mounts',
  'volume create -o type=none -o device=/nowhere -o o=bind Xn && run --rm -v Xn:/m I true',
  'volume create -o type=nfs -o device=:/x -o o=addr=127.0.0.1 Xf && run --rm -v Xf:/m I true',
  'volume inspect nope',
  'volume rm nope',
  'volume rm -f nope',
  'volume rm V',
  'volume rm Xv Xl',
  'volume ls --filter dangling=x',
  'volume ls --filter nope=x',
  'volume prune -f --filter nope=x',
  'volume prune -f --filter label=X',
  'volume create --label Xp -o type=tmpfs -o device=tmpfs Xp && volume create --label Xp Xq && volume prune -af --filter label=Xp && volume ls -q --filter label=Xp',
  'create --volume-driver nope -v /a --pull never I true',
  'create --name Xdeep -v V:/deep/er/v -v V:/deep/file I true && cp @/in/link Xdeep:/deep/er/v/ && cp Xdeep:/deep - | tar t && diff Xdeep',
  'rm -v Xdeep',
  'run --rm --volumes-from C I cat /vol/y',
  'run --rm --volumes-from C:ro I touch /vol/z',
  'run --rm --volumes-from nope I true',
  'run --rm --volumes-from C:xx I true',
  'run --rm --mount type=volume,src=V,dst=/m,volume-subpath=sub I cat /m/deep',
  'run --rm -v V:/m I mkdir /m/filled && run --rm --mount type=volume,src=V,dst=/bin,volume-subpath=filled I ls /bin/busybox',
  'run --rm --mount type=volume,src=V,dst=/m,volume-subpath=nope I true',
  'run --rm --mount type=volume,src=V,dst=/m,volume-subpath=evil I true',
  'run --rm --mount type=volume,src=V,dst=/m,volume-subpath=../x I true',
  'run --rm --mount type=volume,dst=/m,volume-subpath=x I true',
  'run --rm --mount type=image,src=I,dst=/m I ls /m',
  'run --rm --mount type=image,src=I,dst=/m,image-subpath=etc I sh -c ls~/m;touch~/m/x',
  'run --rm --mount type=image,src=I,dst=/m,image-subpath=../x I true',
  'run --rm --mount type=volume,src=Xnocopy,dst=/etc,volume-nocopy I ls /etc/group',
  'run --rm --mount type=bind,src=/nowhere,dst=/m I true',
];

describe.skipIf(peer === undefined)('as Docker does', () => {
  beforeAll(async () => {
    engine = await startEngine();
    directory = mkdtempSync(join(tmpdir(), 'tug-conformance-'));
    const tar = await busyboxTar();
    for (const { name, socket } of sides) {
      const at = join(directory, name);
      mkdirSync(join(at, 'in/sub'), { recursive: true });
      writeFileSync(join(at, 'in/sub/file'), 'file\n');
      symlinkSync('sub/file', join(at, 'in/link'));
      const env = { DOCKER_HOST: `unix://${socket()}` };
      await must(['docker', 'import', '--change', 'CMD ["sh"]', tar, image], { env });
      const mounts = ['-v', `${own}-vol:/vol`, '--tmpfs', '/tt', '-v', `${own}-ro:/ro:ro`];
      await must(['docker', 'run', '-d', '--name', own, '--hostname', 'box', ...mounts, image, 'sh', '-c', setup], {
        env,
      });
      const ready =
        'until test -e /ready; do sleep 0.1; done; mkdir -p /vol/sub; echo deep > /vol/sub/deep; ln -s /etc /vol/evil';
      await must(['docker', 'exec', own, 'sh', '-c', ready], { env });
    }
    rmSync(tar);
  }, 90_000);

  afterAll(async () => {
    for (const { socket } of sides) await clear(socket());
    rmSync(directory, { recursive: true, force: true });
    expect(await engine.dispose()).toEqual([]);
  }, 60_000);

  test.each(cases)(
    '%s',
    async (line) => {
      const [docker, tug] = await Promise.all(sides.map((side) => answer(line, side)));
      expect(tug).toEqual(docker as NonNullable<typeof docker>);
    },
    60_000,
  );
});

async function answer(line: string, { name, socket }: (typeof sides)[number]) {
  const at = join(directory, name);
  const words = (text: string) =>
    text
      .replace(/(^|[ =,])C(?=[ :,]|$)/g, `$1${own}`)
      .replace(/(^|[ =,])I(?=[ ,]|$)/g, `$1${image}`)
      .replace(/(^|[ =,])V(?=[ ,]|$)/g, `$1${own}-vol`)
      .replace(/\bX(?=[a-z])/g, own)
      .replaceAll('@', at);
  const quote = (word: string) => `'${word.replaceAll('~', ' ')}'`;
  const piped = (text: string) => {
    const [first = '', ...rest] = text.split(' | ');
    const shell = first.startsWith('!') ? first.slice(1) : `docker ${first.split(' ').map(quote).join(' ')}`;
    return [shell, ...rest.map((command) => command.split(' ').map(quote).join(' '))].join(' | ');
  };
  const script = words(line).split(' && ').map(piped).join(' && ');
  const env = { DOCKER_HOST: `unix://${socket()}`, DOCKER_CONFIG: join(directory, 'config') };
  const { code, stdout, stderr } = await run(['bash', '-o', 'pipefail', '-c', script], { env });
  return { code, stdout: normal(stdout, at), stderr: normal(stderr, at) };
}

/** What differs between any two runs: ids, times, where files are. */
function normal(text: string, at: string): string {
  return (
    text
      .replaceAll(at, '@')
      .replace(/[0-9a-f]{64}/g, '<id>')
      .replace(/\b[0-9a-f]{12}\b/g, '<short>')
      .replace(/\/[^ ':,]*\/(volumes|overlay2|mounts)\/[^ ':,]*?(?=\/_data|\/nope|[ ':,]|$)/gm, '<dir>')
      .split('\n')
      // What Docker's program says of a pipe that was closed before it had written all comes or does not.
      .filter((line) => !line.startsWith('time="'))
      .toSorted()
      .join('\n')
  );
}

async function clear(socket: string): Promise<void> {
  const env = { DOCKER_HOST: `unix://${socket}` };
  await run(['docker', 'rm', '-f', '-v', own], { env });
  const volumes = await run(['docker', 'volume', 'ls', '-q', '--filter', `name=${own}`], { env });
  for (const name of volumes.stdout.split('\n').filter(Boolean))
    await run(['docker', 'volume', 'rm', '-f', name], { env });
  const images = await run(['docker', 'images', '-q', '--filter', `reference=${own}*`], { env });
  for (const id of images.stdout.split('\n').filter(Boolean)) await run(['docker', 'rmi', '-f', id], { env });
}
