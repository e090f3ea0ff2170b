// Run as a program in a mount namespace of its own: `bun volume-mounts.ts <directory>` says as JSON what volumes with options did.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, silent } from '../../src/kit/index.ts';
import { createStore } from '../../src/store/index.ts';
import { createVolumes } from '../../src/volume/index.ts';

const [base = ''] = process.argv.slice(2);
const source = join(base, 'of-the-host');
mkdirSync(source);
writeFileSync(join(source, 'precious'), 'data');
const root = join(base, 'volumes');
const store = createStore({ dir: base, log: silent });
const open = () => createVolumes({ root, store, log: silent, clock: () => new Date() });
let volumes = open();
const mounted = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(root)).length;
const failure = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return messageOf(error);
  }
};
const facts: Record<string, unknown> = {};

await volumes.create({ name: 'memory', options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
volumes.mount('memory', 'one');
volumes.mount('memory', 'two');
writeFileSync(join(volumes.path('memory'), 'shared'), 'x');
volumes.release('one');
facts.shared = [mounted(), existsSync(join(volumes.path('memory'), 'shared'))];
volumes.release('two');
volumes.release('two');
facts.released = [mounted(), readdirSync(volumes.path('memory'))];

await volumes.create({ name: 'bound', options: { type: 'none', device: source, o: 'bind,ro' } });
volumes.mount('bound', 'one');
facts.bound = readFileSync(join(volumes.path('bound'), 'precious'), 'utf8');
facts.readOnly = failure(() => writeFileSync(join(volumes.path('bound'), 'new'), '')).slice(0, 5);
// The engine is killed here: nobody releases. The next one names who still uses what.
volumes = open();
await volumes.restore();
volumes.mount('memory', 'three');
volumes.releaseUnused();
facts.afterwards = mounted();
volumes.release('three');

volumes.mount('bound', 'one');
await volumes.remove('bound', { force: false });
facts.removed = [mounted(), existsSync(join(root, 'bound')), readdirSync(source)];

await volumes.create({ name: 'nowhere', options: { type: 'none', device: join(base, 'nowhere'), o: 'bind' } });
await volumes.create({ name: 'unknown', options: { type: 'nosuchfs', device: 'x', o: 'a=b,ro,noexec' } });
facts.failures = ['nowhere', 'unknown'].map((name) => failure(() => volumes.mount(name, 'one')).replaceAll(base, '@'));
facts.left = mounted();
store.close();
console.log(JSON.stringify(facts));
