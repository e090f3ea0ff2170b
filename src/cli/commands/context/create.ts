import { command } from '../../command.ts';
import { checkContextName } from '../../endpoint/contexts.ts';
import { flag } from '../../flags/index.ts';
import { readEndpoint, validateEndpoint } from './endpoint.ts';
import { checkNewName, defaultDescription, openContexts } from './open.ts';

const words = (verb: string) => `${verb} a context

Docker endpoint config:

NAME                DESCRIPTION
from                Copy named context's Docker endpoint configuration
host                Docker endpoint on which to connect
ca                  Trust certs signed only by this CA
cert                Path to TLS certificate file
key                 Path to TLS key file
skip-tls-verify     Skip TLS certificate validation

Example:

$ docker context ${verb.toLowerCase()} my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"`;

const flags = {
  description: flag.string('Description of the context'),
  docker: flag.value<Record<string, string>>('set the docker endpoint', {
    type: 'stringToString',
    initial: {},
    shown: '[]',
    read: readPairs,
  }),
};

export const create = command({
  usage: '[OPTIONS] CONTEXT',
  short: 'Create a context',
  long: words('Create'),
  flags: { ...flags, from: flag.string('create context from a named context') },
  arity: { exactly: 1 },
  async run(context, { flags: given, given: named, args }) {
    const { out, err, contextName } = context;
    const [name = ''] = args;
    const contexts = openContexts(context);
    await checkNewName(contexts, name);
    if (given.from || !named.has('docker')) {
      if (named.has('docker')) throw new Error('cannot use --docker flag when --from is set');
      const source = given.from || contextName;
      const { Metadata, Endpoints } = await contexts.get(source);
      const known = source === 'default' ? { ...Metadata, Description: defaultDescription } : Metadata;
      const described = given.description ? { ...Metadata, Description: given.description } : known;
      await contexts.put({ Name: name, Metadata: described, Endpoints });
      await contexts.putTls(name, await contexts.tls(source));
    } else {
      const { endpoint, files } = await createEndpoint(contexts, given.docker);
      const Metadata = given.description ? { Description: given.description } : {};
      await contexts.put({ Name: name, Metadata, Endpoints: { docker: endpoint } });
      await contexts.putTls(name, files);
    }
    await out.line(name);
    await out.flush();
    await err.line(`Successfully created context ${JSON.stringify(name)}`);
    return 0;
  },
});

export const update = command({
  usage: '[OPTIONS] CONTEXT',
  short: 'Update a context',
  long: words('Update'),
  flags,
  arity: { exactly: 1 },
  async run(context, { flags: given, given: named, args }) {
    const { out, err } = context;
    const [name = ''] = args;
    checkContextName(name);
    const contexts = openContexts(context);
    const found = await contexts.get(name);
    if (given.description) found.Metadata = { ...found.Metadata, Description: given.description };
    const made = named.has('docker') ? await createEndpoint(contexts, given.docker) : undefined;
    if (made) found.Endpoints = { ...found.Endpoints, docker: made.endpoint };
    if (!found.Endpoints.docker) throw new Error('docker endpoint configuration is required');
    await contexts.put(found);
    if (made) {
      const { docker: _, ...others } = await contexts.tls(name);
      await contexts.putTls(name, { ...others, ...made.files });
    }
    await out.line(name);
    await out.flush();
    await err.line(`Successfully updated context ${JSON.stringify(name)}`);
    return 0;
  },
});

async function createEndpoint(contexts: ReturnType<typeof openContexts>, pairs: Record<string, string>) {
  try {
    const made = await readEndpoint(contexts, pairs);
    validateEndpoint(made.endpoint);
    return made;
  } catch (error) {
    throw new Error(`unable to create docker endpoint config: ${(error as Error).message}`, { cause: error });
  }
}

function readPairs(text: string, before: Record<string, string>): Record<string, string> {
  const pairs = { ...before };
  for (const [, quoted, plain] of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    const pair = quoted?.replaceAll('""', '"') ?? plain ?? '';
    const equals = pair.indexOf('=');
    if (equals < 0) throw new Error(`${pair} must be formatted as key=value`);
    pairs[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return pairs;
}
