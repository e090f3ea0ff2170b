import { type Client, createClient } from '../../client/index.ts';
import { autostart } from '../autostart.ts';
import { CliError } from '../command.ts';
import type { Config } from '../config/file.ts';
import type { Globals } from '../globals.ts';
import { customHeaders, traceHeaders } from './headers.ts';
import { type Endpoint, resolveEndpoint } from './resolve.ts';

type Env = Record<string, string | undefined>;

/** The engine that a command line means. */
export interface Engine {
  /** Finds out where it is; a failure is kept for who wants the client. */
  resolve(): Promise<void>;
  client(): Client;
  /** What a plugin's environment must say so that it finds the same engine, which runs then. */
  forPlugins(): Promise<Record<string, string>>;
}

export function createEngine(globals: Globals, env: Env, config: Config): Engine {
  let endpoint: Endpoint | undefined;
  let made: Client | undefined;
  let failure: Error | undefined;
  const starts = ({ isDefault }: Endpoint) => isDefault && !globals.values['no-autostart'] && process.getuid?.() === 0;
  return {
    async resolve() {
      try {
        endpoint = await resolveEndpoint(globals, env, config);
      } catch (error) {
        failure = new CliError(`Failed to initialize: unable to resolve docker endpoint: ${(error as Error).message}`);
      }
    },
    client() {
      if (made) return made;
      if (failure) throw failure;
      if (!endpoint) throw new Error('the engine is not resolved yet');
      const { host, tls } = endpoint;
      made = createClient({
        host,
        version: env.DOCKER_API_VERSION || undefined,
        tls,
        headers: { ...customHeaders(config, env), ...traceHeaders(env) },
        onRefused: starts(endpoint) ? () => autostart(host) : undefined,
      });
      return made;
    },
    async forPlugins() {
      await this.resolve();
      // Docker's plugins find contexts and DOCKER_HOST themselves, but know neither our socket nor our variable.
      if (!endpoint || (!endpoint.isDefault && !env.TUG_HOST)) return {};
      if (starts(endpoint))
        await this.client()
          .send({ method: 'HEAD', path: '/_ping' })
          .catch(() => undefined);
      return { DOCKER_HOST: endpoint.host };
    },
  };
}
