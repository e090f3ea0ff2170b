import type { JSONMessage } from '../../api/index.ts';
import { CliError } from '../command.ts';
import type { Output } from './output.ts';

/** Shows a stream of the engine's progress messages as lines; an error among them is thrown. */
export async function showProgress(body: AsyncIterable<Uint8Array>, out: Output | undefined): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') await show(JSON.parse(line) as JSONMessage, out);
  }
  if (rest.trim() !== '') await show(JSON.parse(rest) as JSONMessage, out);
}

async function show(
  message: JSONMessage & { error?: string; stream?: string },
  out: Output | undefined,
): Promise<void> {
  const fault = message.errorDetail?.message ?? message.error;
  if (fault) throw new CliError(fault, message.errorDetail?.code || 1);
  if (message.stream) await out?.write(message.stream);
  // A bar that moves is for terminals; a line says each step once.
  else if (message.status && !message.progressDetail?.total) {
    await out?.line(message.id ? `${message.id}: ${message.status}` : message.status);
  }
}
