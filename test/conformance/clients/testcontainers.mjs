// What a test suite on testcontainers does with an engine; prints `ok NAME` for each thing that went as documented. Run by node
// with DOCKER_HOST set.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { GenericContainer, Network, Wait } from 'testcontainers';

const server = ['httpd', '-f', '-p', '8080', '-h', '/www'];

const checks = {
  async 'waits for a log line and reads logs'() {
    const container = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'sleep 0.2; echo ready to serve; sleep 100'])
      .withWaitStrategy(Wait.forLogMessage('ready to serve'))
      .start();
    const logs = await container.logs();
    const first = await new Promise((resolve) => logs.once('data', resolve));
    assert.match(first.toString(), /ready to serve/);
    logs.destroy();
    await container.stop();
  },
  async 'waits for a port and speaks to it'() {
    const container = await new GenericContainer('busybox')
      .withCopyContentToContainer([{ content: 'hello from inside', target: '/www/index.html' }])
      .withCommand(server)
      .withExposedPorts(8080)
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    const url = `http://${container.getHost()}:${container.getMappedPort(8080)}/`;
    assert.equal(await (await fetch(url)).text(), 'hello from inside');
    await container.stop();
  },
  async 'waits for HTTP'() {
    const container = await new GenericContainer('busybox')
      .withCopyContentToContainer([{ content: 'fine', target: '/www/health' }])
      .withCommand(server)
      .withExposedPorts(8080)
      .withWaitStrategy(Wait.forHttp('/health', 8080).forStatusCode(200))
      .start();
    await container.stop();
  },
  async 'waits for a health check'() {
    const container = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'sleep 0.3; touch /tmp/up; sleep 100'])
      .withHealthCheck({ test: ['CMD-SHELL', 'test -e /tmp/up'], interval: 200, timeout: 2000, retries: 20 })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    await container.stop();
  },
  async 'executes commands, copies files, restarts'() {
    const container = await new GenericContainer('busybox')
      .withCommand(['sleep', '100'])
      .withEnvironment({ NAME: 'value' })
      .start();
    const { output, exitCode } = await container.exec(['sh', '-c', 'echo $NAME; exit 7']);
    assert.deepEqual([output, exitCode], ['value\n', 7]);
    await container.copyContentToContainer([{ content: 'copied', target: '/tmp/file' }]);
    assert.equal((await container.exec(['cat', '/tmp/file'])).output, 'copied');
    const archive = await container.copyArchiveFromContainer('/tmp/file');
    assert.match(await text(archive), /copied/);
    await container.restart();
    assert.equal((await container.exec(['cat', '/tmp/file'])).output, 'copied');
    await container.stop();
  },
  async 'is used again'() {
    const make = () => new GenericContainer('busybox').withCommand(['sleep', '100']).withReuse().start();
    const first = await make();
    const second = await make();
    assert.equal(first.getId(), second.getId());
    await second.stop();
  },
  async 'finds others by name on a network'() {
    const network = await new Network().start();
    const named = await new GenericContainer('busybox')
      .withCopyContentToContainer([{ content: 'by name', target: '/www/index.html' }])
      .withCommand(server)
      .withNetwork(network)
      .withNetworkAliases('web')
      .start();
    const client = await new GenericContainer('busybox').withCommand(['sleep', '100']).withNetwork(network).start();
    assert.equal((await client.exec(['wget', '-qO-', 'http://web:8080/'])).output, 'by name');
    await client.stop();
    await named.stop();
    await network.stop();
  },
};

// The library's log streams do not keep a program alive.
const awake = setInterval(() => undefined, 1000);
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${error.stack ?? error}`);
  }
}
clearInterval(awake);
process.exit(0);
