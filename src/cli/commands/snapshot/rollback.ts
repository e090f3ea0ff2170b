import { command } from '../../command.ts';

/** Docker has no such command: the engine's own. */
export const rollback = command({
  usage: 'CONTAINER SNAPSHOT',
  short: "Make a stopped container's own files what they were when a snapshot was made",
  flags: {},
  arity: { exactly: 2 },
  async run({ client, out }, { args }) {
    const [container = '', snapshot = ''] = args;
    const path = `/tug/containers/${encodeURIComponent(container)}/rollback`;
    await client.send({ method: 'POST', path, query: { snapshot } });
    await out.line(container);
    return 0;
  },
});
