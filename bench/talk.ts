// A client of a port: `push HOST PORT BYTES` sends that much and waits for the end; `ping HOST PORT COUNT` exchanges one byte that often.
// Prints milliseconds. `serve HOST PORT` is the server of both: one byte comes back, of more only the end. Each runs in the namespace
// where it is to be.
const [what = '', host = '', port = '', amount = ''] = process.argv.slice(2);
const block = Buffer.alloc(1 << 20, 'x');

function push(bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let left = bytes;
    const send = (socket: Bun.Socket<undefined>) => {
      while (left > 0) {
        const taken = socket.write(block.subarray(0, Math.min(left, block.length)));
        if (taken <= 0) return;
        left -= taken;
      }
      socket.shutdown();
    };
    void Bun.connect<undefined>({
      hostname: host,
      port: Number(port),
      allowHalfOpen: true,
      socket: {
        open: send,
        drain: send,
        data: () => undefined,
        end(socket) {
          socket.end();
        },
        close: () => (left > 0 ? reject(new Error('cut off')) : resolve(performance.now() - start)),
        error: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}

function ping(count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let left = count;
    let start = 0;
    void Bun.connect<undefined>({
      hostname: host,
      port: Number(port),
      socket: {
        open(socket) {
          start = performance.now();
          socket.write('x');
        },
        data(socket) {
          if (--left > 0) socket.write('x');
          else {
            resolve(performance.now() - start);
            socket.end();
          }
        },
        error: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}

function serve(): void {
  Bun.listen<undefined>({
    hostname: host,
    port: Number(port),
    allowHalfOpen: true,
    socket: {
      data(socket, bytes) {
        if (bytes.length === 1) socket.write(bytes);
      },
      end: (socket) => void socket.end(),
    },
  });
  console.log('ready');
}

if (what === 'serve') serve();
else console.log(await (what === 'push' ? push(Number(amount)) : ping(Number(amount))));
