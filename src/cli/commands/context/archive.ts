import { open, readFile } from 'node:fs/promises';
import { explainSystemError } from '../../../kit/index.ts';
import { command } from '../../command.ts';
import { type ContextMetadata, checkContextName, type TlsFiles } from '../../endpoint/contexts.ts';
import { readInput } from '../../stdio/input.ts';
import { checkNewName, openContexts } from './open.ts';
import { packTar, unpackArchive } from './tar.ts';

export const exportContext = command({
  usage: '[OPTIONS] CONTEXT [FILE|-]',
  short: 'Export a context to a tar archive FILE or a tar stream on STDOUT.',
  flags: {},
  arity: { from: 1, to: 2 },
  async run(context, { args }) {
    const { out, err } = context;
    const [name = '', file = `${name}.dockercontext`] = args;
    if (name !== 'default') checkContextName(name);
    const contexts = openContexts(context);
    const { Name, Metadata, Endpoints } = await contexts.get(name);
    const archive = packTar({ Name, Metadata, Endpoints }, await contexts.tls(name));
    if (file === '-') {
      const { stdoutIsTerminal } = await import('../../stdio/terminal.ts');
      if (stdoutIsTerminal()) throw new Error('cowardly refusing to export to a terminal, specify a file path');
      await out.write(archive);
      return 0;
    }
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      throw explainSystemError(error, file);
    });
    await handle.writeFile(archive);
    await handle.close();
    await err.line(`Written file ${JSON.stringify(file)}`);
    return 0;
  },
});

const largest = 10 << 20;

export const importContext = command({
  usage: 'CONTEXT FILE|-',
  short: 'Import a context from a tar or zip file',
  flags: {},
  arity: { exactly: 2 },
  async run(context, { args }) {
    const { out, err } = context;
    const [name = '', file = ''] = args;
    const contexts = openContexts(context);
    await checkNewName(contexts, name);
    const { metadata, files } = sort(await unpackArchive(await readAll(file)));
    await contexts.put({ ...metadata, Name: name });
    await contexts.putTls(name, files);
    await out.line(name);
    await out.flush();
    await err.line(`Successfully imported context ${JSON.stringify(name)}`);
    return 0;
  },
});

async function readAll(file: string): Promise<Buffer> {
  if (file !== '-') {
    return readFile(file).catch((error: unknown) => {
      throw explainSystemError(error, file);
    });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of readInput()) {
    size += bytes.length;
    if (size > largest) throw new Error('read exceeds the defined limit');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Tells metadata and TLS files of an archive apart; refuses every other name. */
function sort(entries: Map<string, Buffer>): { metadata: Omit<ContextMetadata, 'Name'>; files: TlsFiles } {
  let metadata: Omit<ContextMetadata, 'Name'> | undefined;
  const files: TlsFiles = {};
  for (const [path, bytes] of entries) {
    if (path === 'meta.json') {
      const { Metadata = {}, Endpoints = {} } = JSON.parse(bytes.toString()) as Partial<ContextMetadata>;
      metadata = { Metadata, Endpoints };
      continue;
    }
    if (!path.startsWith('tls/')) throw new Error(`${path}: unexpected context file`);
    const parts = path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new Error(`${path}: unexpected path format`);
    }
    if (path.includes('\\')) throw new Error(`${path}: unexpected '\\' in path`);
    const [, endpoint = '', name = '', ...deeper] = parts;
    if (name === '' || deeper.length > 0) throw new Error('archive format is invalid');
    files[endpoint] = { ...files[endpoint], [name]: bytes };
  }
  if (!metadata) throw new Error('invalid context: no metadata found');
  return { metadata, files };
}
