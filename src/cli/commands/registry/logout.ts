import { command } from '../../command.ts';
import { defaultRegistry, dropLogin, registryHost } from '../../config/credentials.ts';

export const logout = command({
  usage: '[SERVER]',
  short: 'Log out from a registry',
  long: 'Log out from a registry.\nIf no server is specified, the default is defined by the daemon.',
  flags: {},
  arity: { atMost: 1 },
  async run({ config, out, err }, { args }) {
    const [server] = args;
    const host = server === undefined ? defaultRegistry : registryHost(server);
    // Logins were kept under each of these spellings at some time.
    const names = server === undefined ? [host] : [server, host, `http://${host}`, `https://${host}`];
    await out.line(`Removing login credentials for ${host}`);
    const failures: string[] = [];
    for (const name of names) {
      await dropLogin(config, name).catch((error: Error) => failures.push(`${name}: ${error.message}`));
    }
    if (failures.length === names.length) {
      await out.flush();
      await err.line(`WARNING: could not erase credentials:\n${failures.join('\n')}`);
    }
    return 0;
  },
});
