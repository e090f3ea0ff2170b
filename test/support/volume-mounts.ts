// Run as a program in a mount namespace of its own: `bun volume-mounts.ts <directory>` says as JSON what volumes with options did.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, silent } from '../../src/kit/index.ts';
import { createStore } from '../../src/store/index.ts';
import { openVolumes } from '../../src/volume/fixture.ts';

const [base = ''] = process.argv.slice(2);
const source = join(base, 'of-the-host');
mkdirSync(source);
writeFileSync(join(source, 'precious'), 'data');
const root = join(base, 'volumes');
const store = createStore({ dir: base, log: silent });
const open = () => openVolumes({ root, store });
let volumes = open();
const mounted = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(root)).length;
const failure = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return messageOf(error);
  }
};
const facts: Record<string, unknown> = {};

await volumes.create({ name: 'memory', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
await volumes.mount('memory', 'one');
await volumes.mount('memory', 'two');
writeFileSync(join(volumes.path('memory'), 'shared'), 'x');
await volumes.release('one');
facts.shared = [mounted(), existsSync(join(volumes.path('memory'), 'shared'))];
await volumes.release('two');
await volumes.release('two');
facts.released = [mounted(), readdirSync(volumes.path('memory'))];

await volumes.create({ name: 'bound', options: { type: 'none', device: source, o: 'bind,ro' } });
await volumes.mount('bound', 'one');
facts.bound = readFileSync(join(volumes.path('bound'), 'precious'), 'utf8');
facts.readOnly = (await failure(() => writeFileSync(join(volumes.path('bound'), 'new'), ''))).slice(0, 5);
// The engine is killed here: nobody releases. The next one names who still uses what.
volumes = open();
await volumes.restore();
await volumes.mount('memory', 'three');
await volumes.releaseUnused();
facts.afterwards = mounted();
await volumes.release('three');

await volumes.mount('bound', 'one');
await volumes.remove('bound', { force: false });
facts.removed = [mounted(), existsSync(join(root, 'bound')), readdirSync(source)];

await volumes.create({ name: 'nowhere', options: { type: 'none', device: join(base, 'nowhere'), o: 'bind' } });
await volumes.create({ name: 'unknown', options: { type: 'nosuchfs', device: 'x', o: 'a=b,ro,noexec' } });
const failures = ['nowhere', 'unknown'].map((name) => failure(() => volumes.mount(name, 'one')));
facts.failures = (await Promise.all(failures)).map((words) => words.replaceAll(base, '@'));
facts.left = mounted();
store.close();
console.log(JSON.stringify(facts));
