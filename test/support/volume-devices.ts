// Run as a program in a mount namespace of its own: `bun volume-devices.ts <directory>` says as JSON what volumes on loop devices, on
// servers and on a file system that does not answer did.
import { existsSync, mkdirSync, openSync, readdirSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trySyscall } from '../../src/host/index.ts';
import { messageOf, silent } from '../../src/kit/index.ts';
import { createStore } from '../../src/store/index.ts';
import { openVolumes } from '../../src/volume/fixture.ts';
import { must } from './command.ts';

const [base = ''] = process.argv.slice(2);
const root = join(base, 'volumes');
const store = createStore({ dir: base, log: silent });
const volumes = openVolumes({ root, store });
const facts: Record<string, unknown> = {};
const failure = async (name: string): Promise<string> =>
  volumes.mount(name, 'one').then(
    () => 'none',
    (error: unknown) => messageOf(error).replaceAll(base, '@'),
  );
const loops = async () =>
  (await must(['losetup', '-nO', 'BACK-FILE'])).split('\n').filter((line) => line.includes(base)).length;

/** The code of what writing so many bytes ends in. */
function write(path: string, bytes: number): string {
  try {
    writeFileSync(path, Buffer.alloc(bytes, 'x'));
    return 'written';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

await volumes.create({ name: 'sized', options: { size: '8m' } });
const sized = await volumes.mount('sized', 'one');
facts.empty = readdirSync(sized);
facts.writes = [write(join(sized, 'much'), 16 << 20), write(join(sized, 'kept'), 1000)];
facts.size = statfsSync(sized).blocks * statfsSync(sized).bsize <= 8 << 20;
facts.looped = await loops();
await volumes.release('one');
facts.hidden = [existsSync(join(sized, 'kept')), await loops()];
await volumes.mount('sized', 'two');
facts.back = existsSync(join(sized, 'kept'));
await volumes.release('two');
await volumes.remove('sized', { force: false });
facts.gone = existsSync(join(root, 'sized'));

const image = join(base, 'an image');
writeFileSync(image, '');
truncateSync(image, 4 << 20);
await must(['mkfs.ext4', '-q', '-F', image]);
await volumes.create({ name: 'looped', options: { type: 'ext4', device: image, o: 'loop,ro' } });
const looped = await volumes.mount('looped', 'one');
facts.image = [readdirSync(looped), write(join(looped, 'file'), 1)];
await volumes.release('one');
await volumes.create({ name: 'lost', options: { type: 'ext4', device: join(base, 'nowhere'), o: 'loop' } });

const nfs = { type: 'nfs', device: ':/export' };
await volumes.create({ name: 'nfs', options: { ...nfs, o: 'addr=localhost,rw,nolock' } });
await volumes.create({ name: 'nobody', options: { ...nfs, o: 'addr=no-such-host.invalid,ro' } });
const o = 'username=u,password=secret';
await volumes.create({ name: 'cifs', options: { type: 'cifs', device: '//localhost/share', o } });
facts.remote = await Promise.all(['lost', 'nfs', 'cifs'].map(failure));
facts.unresolved = (await failure('nobody')).includes('error resolving passed in network volume address');

// A file system whose program never answers, as a server that is gone.
const fuse = openSync('/dev/fuse', 'r+');
const dead = join(base, 'dead');
mkdirSync(dead);
const data = `fd=${fuse},rootmode=40000,user_id=0,group_id=0`;
if (trySyscall('mount', 'dead', dead, 'fuse', 0, data) !== 0) throw new Error('no FUSE here');
await volumes.create({ name: 'dead', options: { type: 'none', device: join(dead, 'export'), o: 'bind' } });
await volumes.create({ name: 'alive', options: { type: 'tmpfs', device: 'tmpfs' } });
let ended = '';
const hanging = failure('dead').then((words) => (ended = words));
let ticks = 0;
let longest = 0;
for (let last = performance.now(); ticks < 100; ticks++) {
  await Bun.sleep(20);
  longest = Math.max(longest, performance.now() - last);
  last = performance.now();
  if (ticks === 90) await volumes.mount('alive', 'one');
}
facts.meanwhile = [ended, longest < 1000, existsSync(await volumes.mount('alive', 'one'))];
// What asks for it now gets an error.
trySyscall('umount2', dead, 1);
facts.dead = (await hanging) !== 'none';
trySyscall('umount2', dead, 2);
await volumes.release('one');
store.close();
console.log(JSON.stringify(facts));
process.exit(0);
