// What a program on dockerode does with an engine; prints `ok NAME` for each thing that went as documented. Run by node.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import Docker from 'dockerode';

const docker = new Docker({ socketPath: process.argv[2] });

/** Both streams of a multiplexed one, as text, once it has ended. */
async function split(stream) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  stream.once('end', () => {
    out.end();
    err.end();
  });
  const [stdout, stderr] = await Promise.all([text(out), text(err)]);
  return { stdout, stderr };
}

async function started(options) {
  const container = await docker.createContainer({ Image: 'busybox', ...options });
  await container.start();
  return container;
}

const checks = {
  async 'run gives output and exit code'() {
    const out = new PassThrough();
    const printed = text(out);
    const [result, container] = await docker.run('busybox', ['sh', '-c', 'echo hello; exit 3'], out);
    out.end();
    assert.equal(result.StatusCode, 3);
    assert.equal((await printed).trim(), 'hello');
    await container.remove();
  },
  async 'build an image, with its progress, arguments and failures'() {
    const context = mkdtempSync(join(tmpdir(), 'rode-'));
    try {
      writeFileSync(
        join(context, 'Dockerfile'),
        'FROM busybox\nARG WHO\nCOPY file /\nRUN echo "$WHO" > /who\nLABEL rode=yes\n',
      );
      writeFileSync(join(context, 'file'), 'of the context');
      const follow = (stream) =>
        new Promise((resolve, reject) =>
          docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output))),
        );
      const source = { context, src: ['Dockerfile', 'file'] };
      const output = await follow(await docker.buildImage(source, { t: 'rode-built', buildargs: { WHO: 'me' } }));
      assert.ok(output.some(({ stream }) => stream?.startsWith('Step 1/5 : FROM busybox')));
      assert.ok(output.some(({ stream }) => stream === 'Successfully tagged rode-built:latest\n'));
      const image = docker.getImage('rode-built');
      assert.equal((await image.inspect()).Config.Labels.rode, 'yes');
      assert.ok(output.some(({ aux }) => aux?.ID?.startsWith('sha256:')));
      const out = new PassThrough();
      const printed = text(out);
      const [, container] = await docker.run('rode-built', ['cat', '/file', '/who'], out);
      out.end();
      assert.equal((await printed).trim(), 'of the contextme');
      await container.remove();
      await image.remove();
      writeFileSync(join(context, 'Dockerfile'), 'FROM busybox\nRUN exit 7\n');
      const failed = await follow(await docker.buildImage(source, {})).catch((error) => [{ error: error.message }]);
      assert.match(failed.at(-1).error, /returned a non-zero code: 7/);
      await assert.rejects(
        docker.buildImage(source, { dockerfile: 'none' }).then(follow),
        /Cannot locate specified Dockerfile/,
      );
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  },
  async 'create, start, inspect, list, stop, remove'() {
    const container = await started({ name: 'rode-life', Cmd: ['sleep', '100'], Labels: { rode: 'yes' } });
    assert.equal((await container.inspect()).State.Running, true);
    const listed = await docker.listContainers({ filters: { label: ['rode=yes'] } });
    assert.deepEqual(
      listed.map(({ Names }) => Names),
      [['/rode-life']],
    );
    await container.stop({ t: 0 });
    assert.equal((await container.inspect()).State.ExitCode, 137);
    await container.remove();
    await assert.rejects(container.inspect(), { statusCode: 404 });
  },
  async 'attach both ways'() {
    const container = await docker.createContainer({
      Image: 'busybox',
      Cmd: ['cat'],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
    });
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
    await container.start();
    const printed = split(stream);
    stream.end('typed\n');
    assert.deepEqual(await printed, { stdout: 'typed\n', stderr: '' });
    await container.wait();
    await container.remove();
  },
  async 'exec with streams apart and an exit code'() {
    const container = await started({ Cmd: ['sleep', '100'] });
    const exec = await container.exec({
      Cmd: ['sh', '-c', 'cat; echo bad >&2; exit 4'],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const printed = split(stream);
    stream.end('in\n');
    assert.deepEqual(await printed, { stdout: 'in\n', stderr: 'bad\n' });
    assert.equal((await exec.inspect()).ExitCode, 4);
    await container.remove({ force: true });
  },
  async 'logs, at once and followed'() {
    const container = await started({ Cmd: ['sh', '-c', 'echo one; echo two >&2; sleep 0.3; echo three'] });
    const followed = await container.logs({ follow: true, stdout: true, stderr: true });
    assert.deepEqual(await split(followed), { stdout: 'one\nthree\n', stderr: 'two\n' });
    const bytes = await container.logs({ stdout: true, tail: 1 });
    assert.equal(bytes.subarray(8).toString(), 'three\n');
    await container.remove({ force: true });
  },
  async 'wait, stats, top'() {
    const container = await started({ Cmd: ['sleep', '100'] });
    const stats = await container.stats({ stream: false });
    assert.ok(stats.memory_stats.usage > 0 && stats.pids_stats.current >= 1);
    assert.equal((await container.top()).Processes.length, 1);
    const waiting = container.wait();
    await container.kill();
    assert.equal((await waiting).StatusCode, 137);
    await container.remove();
  },
  async 'files in and out'() {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['true'] });
    const archive = await buffer(await container.getArchive({ path: '/bin/busybox' }));
    assert.ok(archive.length > 100_000);
    await container.putArchive(archive, { path: '/tmp' });
    const back = await buffer(await container.getArchive({ path: '/tmp/busybox' }));
    assert.equal(back.length, archive.length);
    await container.remove();
  },
  async 'events as they happen'() {
    const events = await docker.getEvents({ filters: { type: ['container'], event: ['die'] } });
    const first = new Promise((resolve) => events.once('data', resolve));
    const container = await started({ Cmd: ['sh', '-c', 'exit 5'] });
    const event = JSON.parse((await first).toString());
    assert.equal(event.Actor.Attributes.exitCode, '5');
    events.destroy();
    await container.remove();
  },
  async 'volumes and images'() {
    await docker.createVolume({ Name: 'rode-volume' });
    assert.ok((await docker.listVolumes()).Volumes.some(({ Name }) => Name === 'rode-volume'));
    await docker.getVolume('rode-volume').remove();
    const image = docker.getImage('busybox');
    await image.tag({ repo: 'rode', tag: 'v1' });
    assert.ok((await docker.listImages()).some(({ RepoTags }) => RepoTags?.includes('rode:v1')));
    await docker.getImage('rode:v1').remove();
  },
  async 'a network of its own'() {
    const network = await docker.createNetwork({ Name: 'rode-network' });
    const server = await started({
      name: 'rode-server',
      Cmd: ['sleep', '100'],
      HostConfig: { NetworkMode: 'rode-network' },
    });
    const out = new PassThrough();
    const printed = text(out);
    const command = ['sh', '-c', 'ping -c 1 rode-server >/dev/null && echo reached'];
    const [{ StatusCode }, client] = await docker.run('busybox', command, out, {
      HostConfig: { NetworkMode: 'rode-network' },
    });
    out.end();
    assert.equal(StatusCode, 0);
    assert.equal((await printed).trim(), 'reached');
    await Promise.all([server.remove({ force: true }), client.remove({ force: true })]);
    await network.remove();
  },
  async 'ping, version, info'() {
    assert.equal((await docker.ping()).toString(), 'OK');
    assert.equal((await docker.version()).Os, 'linux');
    assert.equal(typeof (await docker.info()).Containers, 'number');
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${error.stack ?? error}`);
  }
}
process.exit(0);
