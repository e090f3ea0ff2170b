import { expect, test } from 'bun:test';
import type { ImageRunConfig } from '../../oci/index.ts';
import { applyChanges } from './apply-changes.ts';

/** Each as a real Docker answered. */
const good: [changes: string, config: ImageRunConfig & { Healthcheck?: object }][] = [
  ['ENV A b c', { Env: ['A=b c'] }],
  [`ENV A="x y" B='$A' C=$A D="\${A:-q}" E=\\$A`, { Env: ['A=x y', 'B=$A', 'C=', 'D=q', 'E=$A'] }],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the word is a Dockerfile's
  ['ENV A=1|ENV B=$A-${Z:-def}${A:+yes}', { Env: ['A=1', 'B=1-defyes'] }],
  ['ENV A=1|ENV A=2', { Env: ['A=2'] }],
  ['ENV A=1 \\|B=2', { Env: ['A=1', 'B=2'] }],
  ['env a=b', { Env: ['a=b'] }],
  ['LABEL a b c', { Labels: { a: 'b c' } }],
  ['LABEL "a b"="c d" e=f\\ g', { Labels: { 'a b': 'c d', e: 'f g' } }],
  ['LABEL a=1|LABEL a=2', { Labels: { a: '2' } }],
  ['CMD', { Cmd: ['/bin/sh', '-c'] }],
  ['CMD echo $HOME "x"', { Cmd: ['/bin/sh', '-c', 'echo $HOME "x"'] }],
  ['CMD ["a"', { Cmd: ['/bin/sh', '-c', '["a"'] }],
  ['CMD []', { Cmd: null }],
  ['ENTRYPOINT', { Entrypoint: null }],
  ['ENTRYPOINT exec x', { Entrypoint: ['/bin/sh', '-c', 'exec x'] }],
  ['EXPOSE 80-82/tcp 53/UDP', { ExposedPorts: { '80/tcp': {}, '81/tcp': {}, '82/tcp': {}, '53/udp': {} } }],
  ['EXPOSE 1.2.3.4:80:90', { ExposedPorts: { '90/tcp': {} } }],
  ['VOLUME ["/a b","/c"]', { Volumes: { '/a b': {}, '/c': {} } }],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
  ['WORKDIR a|WORKDIR b|WORKDIR ../c', { WorkingDir: '/a/c' }],
  ['WORKDIR /a b', { WorkingDir: '/a b' }],
  ['USER a b', { User: 'a b' }],
  ['STOPSIGNAL 9', { StopSignal: '9' }],
  ['ONBUILD run x  y', { OnBuild: ['run x  y'] }],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --timeout=1ms --start-period=2s --start-interval=3s --retries=0 CMD ["a","b"]',
    { Healthcheck: { Test: ['CMD', 'a', 'b'], StartInterval: 3e9, StartPeriod: 2e9, Timeout: 1e6 } as object },
  ],
  ['HEALTHCHECK --interval=1m1.5s CMD a && b', { Healthcheck: { Test: ['CMD-SHELL', 'a && b'], Interval: 61.5e9 } }],
  ['# comment|CMD x', { Cmd: ['/bin/sh', '-c', 'x'] }],
];
for (const [changes, config] of good) {
  test(changes, () => expect(applyChanges(changes.split('|'))).toEqual(config as ImageRunConfig));
}

const bad: [changes: string, message: string][] = [
  ['FOO bar', 'FOO is not a valid change command'],
  ['RUN x', 'RUN is not a valid change command'],
  ['ENV', 'ENV requires at least one argument'],
  ['ENV A=1 B', 'Syntax error - can\'t find = in "B". Must be of the form: name=value'],
  ['ENV =x', 'ENV names can not be blank'],
  ['LABEL a', 'LABEL must have two arguments'],
  ['EXPOSE foo', 'Invalid containerPort: foo'],
  ['EXPOSE 70000', 'Invalid containerPort: 70000'],
  ['EXPOSE', 'EXPOSE requires at least one argument'],
  ['VOLUME', 'VOLUME requires at least one argument'],
  ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
  ['WORKDIR', 'WORKDIR requires exactly one argument'],
  ['USER', 'USER requires exactly one argument'],
  ['STOPSIGNAL x', 'invalid signal: x'],
  ['ONBUILD ONBUILD x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ['ONBUILD FROM x', "FROM isn't allowed as an ONBUILD trigger"],
  ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
  ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
  ['HEALTHCHECK FOO x', 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
  ['HEALTHCHECK --interval=x CMD y', 'time: invalid duration "x"'],
  ['HEALTHCHECK --interval=0.5ms CMD x', 'Interval "interval" cannot be less than 1ms'],
  ['HEALTHCHECK --foo=1s CMD y', 'unknown flag: --foo'],
  ['HEALTHCHECK --retries=-1 CMD y', '--retries cannot be negative (-1)'],
  ['', 'file with no instructions'],
];
for (const [changes, message] of bad) {
  test(`${changes || 'nothing'}: ${message}`, () => {
    expect(() => applyChanges(changes.split('|'))).toThrow(expect.objectContaining({ kind: 'invalid', message }));
  });
}
