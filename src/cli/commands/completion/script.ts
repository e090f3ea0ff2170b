import { command } from '../../command.ts';
import { flag } from '../../flags/index.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { powershell } from './powershell.ts';
import { zsh } from './zsh.ts';

/** Where each shell looks for such a script, for the help. */
const places = {
  bash: ['For this shell', 'completion bash | source /dev/stdin'],
  fish: ['For this shell', 'completion fish | source'],
  powershell: ['For this shell', 'completion powershell | Out-String | Invoke-Expression'],
  zsh: ['For every new shell', 'completion zsh > "$fpath[1]/_tug"'],
} as const;

function script(shell: keyof typeof places, write: (program: string, ask: string) => string) {
  const [what, line] = places[shell];
  return command({
    usage: '[OPTIONS]',
    short: `Generate the autocompletion script for ${shell}`,
    flags: { 'no-descriptions': flag.bool('disable completion descriptions') },
    examples: [[what, line]],
    async run({ out, program }, { flags }) {
      await out.write(write(program, flags['no-descriptions'] ? '__completeNoDesc' : '__complete'));
      return 0;
    },
  });
}

/** The script of each shell: it asks the program at every press of the key. */
export const scripts = {
  bash: script('bash', bash),
  fish: script('fish', fish),
  powershell: script('powershell', powershell),
  zsh: script('zsh', zsh),
};
