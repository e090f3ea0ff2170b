import type { ExecInspectResponse } from '../../../api/index.ts';
import { CliError, type Context, command } from '../../command.ts';
import { checkEnv, collectEnv } from '../../create/values/env.ts';
import { flag, type Values } from '../../flags/index.ts';
import { detachKeysOf, parseDetachKeys } from '../../stdio/detach-keys.ts';
import { joinStreams } from '../../stdio/session.ts';
import { ifTug, joinDirect } from './direct.ts';

/** The options of `exec`. */
export const execFlags = {
  detach: flag.bool('Detached mode: run command in the background', { short: 'd' }),
  'detach-keys': flag.string('Override the key sequence for detaching a container'),
  env: flag.list('Set environment variables', { short: 'e' }, checkEnv),
  'env-file': flag.list('Read in a file of environment variables'),
  interactive: flag.bool('Keep STDIN open even if not attached', { short: 'i' }),
  privileged: flag.bool('Give extended privileges to the command'),
  tty: flag.bool('Allocate a pseudo-TTY', { short: 't' }),
  user: flag.string('Username or UID (format: "<name|uid>[:<group|gid>]")', { short: 'u' }),
  workdir: flag.string('Working directory inside the container', { short: 'w' }),
};

export const exec = command({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  short: 'Execute a command in a running container',
  aliases: ['container exec', 'exec'],
  flags: execFlags,
  arity: { atLeast: 2 },
  interspersed: false,
  async run(context, { flags, args }) {
    const [container = '', ...cmd] = args;
    const name = encodeURIComponent(container);
    const size = flags.tty && !flags.detach ? await terminalSize(context, name, flags.interactive) : undefined;
    const detachKeys = detachKeysOf(context, flags);
    const body = { ...execConfig(flags, cmd, { env: context.env, detachKeys }), ...(size && { ConsoleSize: size }) };
    if (!flags.tty && !flags.detach) {
      const taken = await ifTug(context.client.upgrade({ method: 'POST', path: `/tug/exec/${name}`, body }));
      if (taken) return joinDirect(taken.stream, context, { input: flags.interactive, out: true, err: true });
    }
    const { Id } = await context.client.json<{ Id: string }>({
      method: 'POST',
      path: `/containers/${name}/exec`,
      body,
    });
    if (!flags.detach) return interact(context, Id, flags, size);
    await context.client.send({ method: 'POST', path: `/exec/${Id}/start`, body: { Detach: true, Tty: flags.tty } });
    return 0;
  },
});

type Size = [rows: number, columns: number] | undefined;

async function terminalSize({ client }: Context, name: string, interactive: boolean): Promise<Size> {
  const { checkTerminal, windowSize } = await import('../../stdio/terminal.ts');
  try {
    checkTerminal(interactive, true);
  } catch (error) {
    // That there is no such container is the greater fault.
    await client.send({ method: 'GET', path: `/containers/${name}/json` });
    throw error;
  }
  const size = windowSize();
  return size ? [size.rows, size.columns] : undefined;
}

/** What `POST /containers/{name}/exec` takes. */
export function execConfig(
  values: Values<typeof execFlags>,
  cmd: string[],
  { env, detachKeys }: { env: Context['env']; detachKeys: string },
): object {
  return {
    User: values.user,
    Privileged: values.privileged,
    Tty: values.tty,
    AttachStdin: !values.detach && values.interactive,
    AttachStdout: !values.detach,
    AttachStderr: !values.detach,
    DetachKeys: detachKeys,
    Env: collectEnv(values['env-file'], values.env, env),
    WorkingDir: values.workdir,
    Cmd: cmd,
  };
}

async function interact(context: Context, id: string, values: Values<typeof execFlags>, size: Size): Promise<number> {
  const { client } = context;
  const { stream } = await client.hijack({
    method: 'POST',
    path: `/exec/${id}/start`,
    body: { Detach: false, Tty: values.tty, ...(size ? { ConsoleSize: size } : {}) },
  });
  const joined = joinStreams({
    stream,
    tty: values.tty,
    input: values.interactive,
    out: context.out,
    err: context.err,
    detachKeys: parseDetachKeys(detachKeysOf(context, values)),
  });
  if (values.tty) {
    const { followResize } = await import('../../stdio/resize.ts');
    await followResize(client, `exec/${id}`);
  }
  if ((await joined) === 'detached') throw new CliError('read escape sequence');
  const { ExitCode } = await client.json<ExecInspectResponse>({ method: 'GET', path: `/exec/${id}/json` });
  return ExitCode ?? 0;
}
