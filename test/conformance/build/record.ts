/** Asks a real Docker what it makes of each case, or of those named, and writes it down: `bun test/conformance/build/record.ts [name…]`. */

import { join } from 'node:path';
import { must } from '../../support/command.ts';
import { startPeer } from '../../support/peer.ts';
import { readCases, writeExpected } from './cases.ts';
import { answer, exportedFiles, makeBases, removeBases } from './docker-build.ts';

const socket = await startPeer();
if (socket === undefined) process.exit(1);
const config = await must([join(import.meta.dirname, '../../peers/dockerd.sh'), 'clients']);
const peer = { program: 'docker', socket, config };
await makeBases(peer);
try {
  const box = await exportedFiles(peer, 'corpus-box');
  for (const test of readCases()) {
    const wanted = process.argv.slice(2);
    if (test.newer !== undefined) continue;
    if (wanted.length > 0 && !wanted.some((name) => test.name.startsWith(name))) continue;
    writeExpected(test, await answer(peer, test, box));
    console.log(test.name);
  }
} finally {
  await removeBases(peer);
}
