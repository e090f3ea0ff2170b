// A process of its own that writes and rotates as fast as told: path, lines, lines a file, files, milliseconds a file.
import { createLogWriter } from './fixture.ts';

const [path = '', lines = '0', perFile = '1', files = '1', pause = '0'] = process.argv.slice(2);
const writer = createLogWriter(path, Number(files));
for (let index = 0; index < Number(lines); index++) {
  writer.write(`${index}\n`);
  if (index % Number(perFile) === Number(perFile) - 1) {
    await Bun.sleep(Number(pause));
    writer.rotate();
  }
}
