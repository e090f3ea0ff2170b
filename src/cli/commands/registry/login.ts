import { ApiError } from '../../../client/index.ts';
import { type Context, command } from '../../command.ts';
import { type AuthConfig, defaultRegistry, keepLogin, loginIfAny, registryHost } from '../../config/credentials.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { ask, askSecret } from '../../stdio/ask.ts';
import { readInput } from '../../stdio/input.ts';
import { printNote } from '../../stdio/note.ts';

export const login = command({
  usage: '[OPTIONS] [SERVER]',
  short: 'Authenticate to a registry',
  long: 'Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.',
  flags: {
    password: flag.string('Password or Personal Access Token (PAT)', { short: 'p' }),
    'password-stdin': flag.bool('Take the Password or Personal Access Token (PAT) from stdin'),
    username: flag.string('Username', { short: 'u' }),
  },
  arity: { atMost: 1 },
  examples: [['A password that no list of processes shows', 'login -u alice --password-stdin <password.txt']],
  async run(context, { flags, given, args }) {
    checkFlags(flags, given);
    if (flags.password) {
      await context.err.line('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
    }
    const password = flags['password-stdin'] ? await readPassword() : flags.password;
    const [server = ''] = args;
    const address = server === '' || server === 'docker.io' ? defaultRegistry : registryHost(server);
    const isNew = flags.username !== '' || password !== '';
    const known = isNew ? {} : await loginIfAny(context.config, address);
    if (known.username && known.password) {
      const status = await loginAgain(context, { ...known, serveraddress: address });
      if (status !== undefined) return say(context, status);
    }
    return say(
      context,
      await loginNew(context, { user: flags.username, password, known: known.username ?? '', address }),
    );
  },
});

async function say({ out }: Context, status: string): Promise<number> {
  if (status) await out.line(status);
  return 0;
}

function checkFlags(flags: { username: string; password: string }, given: Set<string>): void {
  if (given.has('password-stdin')) {
    if (given.has('password')) {
      throw new Error('conflicting options: cannot specify both --password and --password-stdin');
    }
    if (!given.has('username')) throw new Error('the --password-stdin option requires --username to be set');
  }
  if (given.has('username') && flags.username === '') throw new Error('username is empty');
  if (given.has('password') && flags.password === '') throw new Error('password is empty');
}

async function readPassword(): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const bytes of readInput()) chunks.push(bytes);
  return Buffer.concat(chunks).toString().replace(/\n$/, '').replace(/\r$/, '');
}

/** Tries the login that is kept; undefined when the registry does not take it any more. */
async function loginAgain(
  context: Context,
  known: AuthConfig & { serveraddress: string },
): Promise<string | undefined> {
  const { err } = context;
  await err.line(`Authenticating with existing credentials... [Username: ${known.username}]`);
  const { stderrIsTerminal } = await import('../../stdio/terminal.ts');
  const words = `To login with a different account, run '${context.program} logout' followed by '${context.program} login'`;
  await printNote(err, words, stderrIsTerminal());
  await err.write('\n\n');
  try {
    return await authenticate(context, known, false);
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status === 401;
    await err.line(
      isRefused ? 'Stored credentials invalid or expired' : `Login did not succeed, error: ${errorText(error)}`,
    );
    return undefined;
  }
}

async function loginNew(
  context: Context,
  { user, password, known, address }: { user: string; password: string; known: string; address: string },
): Promise<string> {
  const { stdinIsTerminal } = await import('../../stdio/terminal.ts');
  if ((user === '' || password === '') && !stdinIsTerminal()) {
    throw new Error('Error: Cannot perform an interactive login from a non TTY device');
  }
  const username = user.trim() || (await ask(context, known ? `Username (${known}): ` : 'Username: ')) || known;
  if (username === '') throw new Error('Error: Non-null Username Required');
  const secret = password.trim() || (await askSecret(context, 'Password: '));
  if (secret === '') throw new Error('Error: Password Required');
  return authenticate(context, { username, password: secret, serveraddress: address });
}

/** Has the engine try a login and keeps it where it is good. */
async function authenticate(
  { client, config, err }: Context,
  auth: AuthConfig & { serveraddress: string },
  isNew = true,
): Promise<string> {
  const reply = await client.json<{ Status?: string; IdentityToken?: string }>({
    method: 'POST',
    path: '/auth',
    body: auth,
  });
  const { IdentityToken: identitytoken, Status = '' } = reply;
  const kept = identitytoken ? { ...auth, password: '', identitytoken } : auth;
  let isPlain: boolean;
  try {
    isPlain = await keepLogin(config, kept);
  } catch (error) {
    throw new Error(`Error saving credentials: ${(error as Error).message}`, { cause: error });
  }
  if (isNew && isPlain && !identitytoken) {
    await err.line(
      `\nWARNING! Your credentials are stored unencrypted in '${config.directory}/config.json'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n`,
    );
  }
  return Status;
}
