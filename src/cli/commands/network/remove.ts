import type { Network } from '../../../api/index.ts';
import { ApiError } from '../../../client/index.ts';
import { CliError, command } from '../../command.ts';
import { errorText } from '../../error-text.ts';
import { flag } from '../../flags/index.ts';
import { confirm } from '../../stdio/confirm.ts';

const warning =
  'WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\nAre you sure you want to continue?';

export const remove = command({
  usage: 'NETWORK [NETWORK...]',
  short: 'Remove one or more networks',
  aliases: ['network rm', 'network remove'],
  flags: { force: flag.bool('Do not error if the network does not exist', { short: 'f' }) },
  arity: { atLeast: 1 },
  async run({ client, out, err }, { flags, args }) {
    let failed = false;
    for (const name of args) {
      const path = `/networks/${encodeURIComponent(name)}`;
      // What cannot be looked at may still be removed.
      const network = await client.json<Network>({ method: 'GET', path }).catch(() => undefined);
      if (network?.Ingress && !(await confirm(out, warning))) continue;
      try {
        await client.send({ method: 'DELETE', path });
        await out.line(name);
      } catch (error) {
        if (flags.force && error instanceof ApiError && error.status === 404) continue;
        failed = true;
        await out.flush();
        await err.line(errorText(error));
      }
    }
    if (failed) throw new CliError('exit status 1', 1);
    return 0;
  },
});
