import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../command.ts';
import type { Config } from '../config/file.ts';
import { naturalOrder } from '../format/text.ts';

/** A program that adds a command. `fault` says why it is not used. */
export interface Plugin {
  name: string;
  path: string;
  short: string;
  vendor: string;
  version: string;
  url: string;
  fault: string | undefined;
  /** The whole of what it says of itself. */
  metadata: Record<string, unknown>;
  shadowed: string[];
}

const systemDirectories = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
];
const prefix = 'docker-';
const validName = /^[a-z][a-z0-9]*$/;

/** Where plugins are looked for, the most important first. */
export function pluginDirectories({ directory, data }: Config): string[] {
  return [...(data.cliPluginsExtraDirs ?? []), join(directory, 'cli-plugins'), ...systemDirectories];
}

/** Where plugins are named, and which names are commands already. */
type Where = Pick<Context, 'config' | 'isCommand'>;

/** The plugin of a name, or nothing when there is none or it is not fit for use. */
export async function findPlugin(name: string, where: Where): Promise<Plugin | undefined> {
  if (!validName.test(name)) return undefined;
  for (const directory of pluginDirectories(where.config)) {
    const path = join(directory, prefix + name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const plugin = await askPlugin(name, [path], where);
    return plugin.fault ? undefined : plugin;
  }
  return undefined;
}

/** Every plugin, fit for use or not, by name. */
export async function listPlugins(where: Where): Promise<Plugin[]> {
  const found = new Map<string, string[]>();
  for (const directory of pluginDirectories(where.config)) {
    for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
      if (!entry.name.startsWith(prefix) || !(entry.isFile() || entry.isSymbolicLink())) continue;
      const name = entry.name.slice(prefix.length);
      found.set(name, [...(found.get(name) ?? []), join(directory, entry.name)]);
    }
  }
  const plugins = await Promise.all([...found].map(([name, paths]) => askPlugin(name, paths, where)));
  return plugins.toSorted((a, b) => naturalOrder(a.name, b.name));
}

async function askPlugin(name: string, [path = '', ...shadowed]: string[], { isCommand }: Where): Promise<Plugin> {
  const plugin: Plugin = {
    name,
    path,
    short: '',
    vendor: '',
    version: '',
    url: '',
    fault: undefined,
    metadata: {},
    shadowed,
  };
  const refuse = (fault: string) => ({ ...plugin, fault });
  if (!validName.test(name))
    return refuse(`plugin candidate ${JSON.stringify(name)} did not match "${validName.source}"`);
  if (isCommand(name)) {
    return refuse(`plugin ${JSON.stringify(name)} duplicates builtin command`);
  }
  let text: string;
  try {
    text = await metadataOf(path);
  } catch (error) {
    return refuse(`failed to fetch metadata: ${(error as Error).message}`);
  }
  try {
    plugin.metadata = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return refuse(`invalid metadata: ${(error as Error).message}`);
  }
  const word = (key: string) => String(plugin.metadata[key] ?? '');
  Object.assign(plugin, {
    short: word('ShortDescription'),
    vendor: word('Vendor'),
    version: word('Version'),
    url: word('URL'),
  });
  if (word('SchemaVersion') !== '0.1.0') {
    return refuse(`plugin SchemaVersion ${JSON.stringify(word('SchemaVersion'))} is not valid, must be 0.1.0`);
  }
  return plugin.vendor === '' ? refuse('plugin metadata does not define a vendor') : plugin;
}

async function metadataOf(path: string): Promise<string> {
  let child: Bun.Subprocess<'ignore', 'pipe', 'ignore'>;
  try {
    child = Bun.spawn([path, 'docker-cli-plugin-metadata'], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new Error(`fork/exec ${path}: ${code === 'EACCES' ? 'permission denied' : 'exec format error'}`, {
      cause: error,
    });
  }
  const text = await new Response(child.stdout).text();
  const code = await child.exited;
  if (code !== 0) throw new Error(child.signalCode ? `signal: ${child.signalCode}` : `exit status ${code}`);
  return text;
}
