import { spawn } from 'node:child_process';

/** Runs a program to its end, with these variables (`NAME=value`) alone: what it said if it failed, undefined if it did not. */
export function whyFailed([program = '', ...args]: string[], environment: string[]): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const env = Object.fromEntries(environment.map((entry) => entry.split(/=(.*)/s) as [string, string]));
  const child = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-1000);
  });
  child.on('error', (error) => resolve(error.message));
  child.on('close', (code, signal) =>
    resolve(code === 0 ? undefined : said.trim() || `it ended with ${signal ?? code}`),
  );
  return promise;
}
