import { expect, test } from 'bun:test';
import { readPlainLine } from './plain-line.ts';

const read = (line: string) => readPlainLine(line.split(' '));

test('a run that says all by itself', () => {
  expect(read('/usr/bin/tug run --rm -i -e A=b -v /x:/y --name n --platform linux/amd64 box cmd ./here')).toMatchObject(
    {
      kind: 'run',
      body: { Image: 'box', Cmd: ['cmd', './here'], Env: ['A=b'], HostConfig: { AutoRemove: true, Binds: ['/x:/y'] } },
      name: 'n',
      platform: 'linux/amd64',
      input: true,
      isDetached: false,
      passesSignals: true,
    },
  );
  expect(read('tug container run -d box')).toMatchObject({ isDetached: true, passesSignals: false, input: false });
  expect(read('tug run -d -i box')).toMatchObject({ input: false, body: { AttachStdin: false, OpenStdin: true } });
  expect(read('tug run --sig-proxy=false --dns 127.0.0.1 box')).toMatchObject({
    passesSignals: false,
    warnings: ['Localhost DNS (127.0.0.1) may fail in containers.'],
  });
});

test('what a refusal is told as', () => {
  const line = read('/opt/tug container run box');
  const refusal = line?.kind === 'run' ? line.refusal('exec: "x": executable file not found in $PATH') : undefined;
  expect(refusal).toEqual({
    code: 127,
    text: `tug: Error response from daemon: exec: "x": executable file not found in $PATH\n\nRun 'tug container run --help' for more information\n`,
  });
});

test('an exec that says all by itself', () => {
  expect(read('tug exec -i -u 7 -e A=b there cmd -t')).toMatchObject({
    kind: 'exec',
    container: 'there',
    body: { User: '7', Env: ['A=b'], Cmd: ['cmd', '-t'], AttachStdin: true, Tty: false },
    input: true,
  });
});

test('a file that goes into a container', () => {
  const copy = { kind: 'copy', container: 'c', source: './a/b', destination: '/d', keepsOwners: false };
  expect(read('tug cp ./a/b c:/d')).toEqual({ ...copy, unlessTerminal: true, input: false } as never);
  expect(read('tug container cp -aq ./a/b c:/d')).toMatchObject({
    ...copy,
    keepsOwners: true,
    unlessTerminal: false,
  } as never);
});

const others = [
  'tug cp a',
  'tug cp a b',
  'tug cp c:/a b',
  'tug cp c:/a d:/b',
  'tug cp - c:/b',
  'tug cp a/ c:/b',
  'tug cp a/. c:/b',
  'tug cp .. c:/b',
  'tug cp -L a c:/b',
  'tug cp -q=false a c:/b',
  'tug cp --help a c:/b',
  'tug cp --nosuch a c:/b',
  'tug ps',
  'tug container ls',
  'tug run',
  'tug run --help box',
  'tug run -t box',
  'tug run -it box',
  'tug run -a stdout box',
  'tug run --cidfile x box',
  'tug run --detach-keys a box',
  'tug run --disable-content-trust=false box',
  'tug run -e NAME box',
  'tug run --env-file x box',
  'tug run --label-file x box',
  'tug run --secret id=x box',
  'tug run --security-opt seccomp=x box',
  'tug run --use-api-socket box',
  'tug run --pull always box',
  'tug run --pull sometimes box',
  'tug run -v ./x:/y box',
  'tug run -v../x:/y box',
  'tug run -v .:/y box',
  'tug run --volume=../x:/y box',
  'tug run --mount type=bind,src=./x,dst=/y box',
  'tug run --mount=type=bind,source=..,dst=/y box',
  'tug run --nosuch box',
  'tug run --memory much box',
  'tug run --cpu-count 1 box',
  'tug exec there',
  'tug exec -d there x',
  'tug exec -t there x',
  'tug exec -e NAME there x',
  'tug exec --env-file f there x',
  'tug exec --detach-keys a there x',
];
for (const line of others) {
  test(`${line} is the command line's own`, () => {
    expect(read(line)).toBeUndefined();
  });
}
