import { command } from '../../command.ts';
import { readInput } from '../../stdio/input.ts';

export const dialStdio = command({
  usage: '',
  short: 'Proxy the stdio stream to the daemon connection. Should not be invoked manually.',
  flags: {},
  async run({ client, out }) {
    const stream = await client.dial();
    const upload = async () => {
      for await (const bytes of readInput()) await stream.write(bytes);
      stream.closeWrite();
    };
    const sent = upload();
    // A stdin that never ends must not hold what the engine has ended.
    sent.catch(() => stream.destroy());
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) await out.write(bytes);
    stream.destroy();
    return 0;
  },
});
