// The network room of an engine, alone: `bun network-engine.ts DIRECTORY COMMAND [ID…]`, for tests that kill it at each step.
//   life DIRECTORY         restores, gives the furnished namespaces `one` and `two` their networks, ends `one`
//   restore DIRECTORY ID…  restores with these containers running, prints what the bridge has
import { silent } from '../../src/kit/index.ts';
import { type AttachRequest, createNetworks } from '../../src/network/index.ts';
import { createStore } from '../../src/store/index.ts';
import { furnish, makeNetns } from './netns.ts';

const [command, dir = '', ...ids] = process.argv.slice(2);
const store = createStore({ dir, log: silent });
const networks = createNetworks({ store, log: silent });

const request = (containerId: string, port: string): AttachRequest => ({
  containerId,
  name: containerId,
  mode: 'bridge',
  hostname: containerId,
  domainname: '',
  portBindings: { '80/tcp': [{ HostPort: port }] },
  exposedPorts: [],
  publishAll: false,
  extraHosts: [],
  dns: { servers: [], search: [], options: [] },
});

async function start(id: string, port: string): Promise<void> {
  const attachment = await networks.attach(request(id, port));
  await furnish(await makeNetns(id), attachment);
  await attachment.publish();
  store.update((tx) => attachment.record(tx));
}

async function end(id: string): Promise<void> {
  store.update((tx) => networks.forget(tx, id));
  await networks.release(id);
}

await networks.restore((id) => ids.includes(id));
if (command === 'life') {
  await start('one', '8080');
  await start('two', '8081');
  await end('one');
}
console.log(JSON.stringify(networks.inspect('bridge').Containers));
await networks.close();
store.close();
