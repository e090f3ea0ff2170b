import { stat } from 'node:fs/promises';
import { familiarString, parseReference, withDefaultTag } from '../../../oci/index.ts';
import { type Context, command } from '../../command.ts';
import { authHeader, loginIfAny, registryOf } from '../../config/credentials.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { confirm } from '../../stdio/confirm.ts';
import { showProgress } from '../../stdio/progress.ts';
import { refuseTrust } from '../image/trust.ts';

interface Privilege {
  Name: string;
  Description: string;
  Value: string[] | null;
}

const trust = flag.bool('Skip image verification', { initial: true });
const grant = flag.bool('Grant all permissions necessary to run the plugin');

export const install = command({
  usage: '[OPTIONS] PLUGIN [KEY=VALUE...]',
  short: 'Install a plugin',
  flags: {
    alias: flag.string('Local name for plugin'),
    disable: flag.bool('Do not enable the plugin on install'),
    'disable-content-trust': trust,
    'grant-all-permissions': grant,
  },
  arity: { atLeast: 1 },
  async run(context, { flags, given, args }) {
    const { client, config, out, env } = context;
    refuseTrust(flags, given, env);
    const [name = '', ...settings] = args;
    const remote = fullName(name);
    const local = flags.alias ? familiarString(withDefaultTag(parseReference(flags.alias))) : '';
    const headers = { 'X-Registry-Auth': authHeader(await loginIfAny(config, registryOf(remote))) };
    const privileges = await agree(context, { name, remote, all: flags['grant-all-permissions'], headers });
    const reply = await client.request({
      method: 'POST',
      path: '/plugins/pull',
      query: { remote, name: local },
      body: privileges,
      headers,
    });
    await showProgress(reply.body, out);
    const installed = `/plugins/${encodeURIComponent(local || remote)}`;
    if (settings.length > 0) await client.send({ method: 'POST', path: `${installed}/set`, body: settings });
    if (!flags.disable) await client.send({ method: 'POST', path: `${installed}/enable`, query: { timeout: 0 } });
    await out.line(`Installed plugin ${name}`);
    return 0;
  },
});

export const upgrade = command({
  usage: '[OPTIONS] PLUGIN [REMOTE]',
  short: 'Upgrade an existing plugin',
  flags: {
    'disable-content-trust': trust,
    'grant-all-permissions': grant,
    'skip-remote-check': flag.bool('Do not check if specified remote plugin matches existing plugin image'),
  },
  arity: { from: 1, to: 2 },
  async run(context, { flags, given, args }) {
    const { client, config, out, env } = context;
    const [name = '', wanted] = args;
    const installed = `/plugins/${encodeURIComponent(name)}`;
    const plugin = await inspect(context, installed);
    if (plugin.Enabled) throw new Error('the plugin must be disabled before upgrading');
    refuseTrust(flags, given, env);
    const old = familiarString(parseReference(plugin.PluginReference));
    const remote = wanted ? fullName(wanted) : old;
    await out.line(`Upgrading plugin ${plugin.Name} from ${old} to ${remote}`);
    const isSame = familiarString({ ...parseReference(old) }) === remote;
    if (!flags['skip-remote-check'] && !isSame) {
      if (!(await confirm(out, 'Plugin images do not match, are you sure?'))) return 0;
    }
    const headers = { 'X-Registry-Auth': authHeader(await loginIfAny(config, registryOf(remote))) };
    const body = await agree(context, { name, remote, all: flags['grant-all-permissions'], headers });
    const reply = await client.request({
      method: 'POST',
      path: `${installed}/upgrade`,
      query: { remote },
      body,
      headers,
    });
    await showProgress(reply.body, out);
    await out.line(`Upgraded plugin ${name} to ${remote}`);
    return 0;
  },
});

export const push = command({
  usage: '[OPTIONS] PLUGIN[:TAG]',
  short: 'Push a plugin to a registry',
  flags: { 'disable-content-trust': flag.bool('Skip image signing', { initial: true }) },
  arity: { exactly: 1 },
  async run({ client, config, out, env }, { flags, given, args }) {
    refuseTrust(flags, given, env);
    const name = fullName(args[0] ?? '');
    const reply = await client.request({
      method: 'POST',
      path: `/plugins/${encodeURIComponent(name)}/push`,
      headers: { 'X-Registry-Auth': authHeader(await loginIfAny(config, registryOf(name))) },
    });
    await showProgress(reply.body, out);
    return 0;
  },
});

export const create = command({
  usage: '[OPTIONS] PLUGIN PLUGIN-DATA-DIR',
  short:
    'Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.',
  flags: { compress: flag.bool('Compress the context using gzip') },
  arity: { exactly: 2 },
  async run({ client, out }, { flags, args }) {
    const [name = '', directory = ''] = args;
    const familiar = fullName(name);
    await checkDirectory(directory, 'config.json');
    await checkDirectory(directory, 'rootfs');
    const tar = Bun.spawn(['tar', '-C', directory, flags.compress ? '-cz' : '-c', '.'], { stdout: 'pipe' });
    const upload = tar.stdout as unknown as AsyncIterable<Uint8Array>;
    await client.request({ method: 'POST', path: '/plugins/create', query: { name: familiar }, upload });
    await out.line(name);
    return 0;
  },
});

async function checkDirectory(directory: string, inside: string): Promise<void> {
  for (const path of [directory, `${directory.replace(/\/$/, '')}/${inside}`]) {
    await stat(path).catch((cause: unknown) => {
      throw new Error(`${path === directory ? 'lstat' : 'stat'} ${path}: no such file or directory`, { cause });
    });
  }
}

function fullName(name: string): string {
  return familiarString(withDefaultTag(parseReference(name)));
}

async function inspect({ client }: Context, path: string) {
  try {
    return await client.json<{ Name: string; Enabled: boolean; PluginReference: string }>({
      method: 'GET',
      path: `${path}/json`,
    });
  } catch (error) {
    throw new Error(`error reading plugin data: ${errorText(error)}`, { cause: error });
  }
}

/** What a plugin wants to be allowed; the user is asked unless everything is granted. */
async function agree(
  { client, out }: Context,
  { name, remote, all, headers }: { name: string; remote: string; all: boolean; headers: Record<string, string> },
): Promise<Privilege[]> {
  const privileges = await client.json<Privilege[]>({
    method: 'GET',
    path: '/plugins/privileges',
    query: { remote },
    headers,
  });
  if (all || privileges.length === 0) return privileges;
  const lines = privileges.map(({ Name, Value }) => ` - ${Name}: [${(Value ?? []).join(' ')}]\n`);
  await out.write(`Plugin ${JSON.stringify(name)} is requesting the following privileges:\n${lines.join('')}`);
  if (!(await confirm(out, 'Do you grant the above permissions?')))
    throw new Error('permission denied while installing plugin');
  return privileges;
}
