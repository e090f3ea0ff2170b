import { command } from '../../command.ts';

/** Docker has no such command: the engine's own. */
export const doctor = command({
  usage: 'CONTAINER CONTAINER|PORT',
  short: 'Explain why a packet would arrive, or not',
  flags: {},
  arity: { atLeast: 1, atMost: 2 },
  async run({ client, out }, { args }) {
    const [from = '', to = ''] = args;
    const query = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
    const { Reachable, Steps } = await client.json<{ Reachable: boolean; Steps: { Ok: boolean; Text: string }[] }>({
      method: 'GET',
      path: `/tug/networks/doctor?${query}`,
    });
    for (const { Ok, Text } of Steps) await out.line(`${Ok ? 'ok' : 'no'}  ${Text}`);
    await out.line(Reachable ? 'A packet arrives.' : 'A packet does not arrive.');
    return Reachable ? 0 : 1;
  },
});
