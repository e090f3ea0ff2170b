// Launches a container in the exec root it is given, lets it go if told to, prints its pid and waits to be killed.

import { silent } from '../../src/kit/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { makeBusybox, plainSpec } from './busybox.ts';
import { builtShim, chosenRuntime } from './runtime.ts';

const [execRoot = '', id = '', token = '', cgroup = '', go = '', ...args] = process.argv.slice(2);
const box = makeBusybox();
const runtime = createRuntime({ execRoot, shim: { path: builtShim() }, log: silent });
const pending = await runtime.launch({
  id,
  token,
  spec: plainSpec(`${cgroup}/${id}`, args),
  rootFd: box.root(),
  stdio: { tty: false, openStdin: false, stdinOnce: false },
  log: { path: `${execRoot}.log`, maxBytes: 1 << 20, maxFiles: 3 },
  reserved: [],
  ...(chosenRuntime && { runtime: chosenRuntime }),
});
if (go === 'go') await pending.go();
process.stdout.write(`${pending.process.pid} ${box.directory}\n`);
setInterval(() => undefined, 1000);
