// Sends rtnetlink datagrams, each argument one in hexadecimal, from the network namespace it is started in.
import { openNetlink, rtnetlink } from '../../src/host/index.ts';
import { rtnetlinkMessages } from './netns.ts';

const socket = openNetlink(rtnetlink.netlinkRoute);
for (const argument of process.argv.slice(2)) {
  socket.send('furnish from inside', rtnetlinkMessages(Buffer.from(argument, 'hex')));
}
socket.close();
