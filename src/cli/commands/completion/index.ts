import { entry, type Group } from '../entry.ts';

const script = (shell: 'bash' | 'fish' | 'powershell' | 'zsh') =>
  entry(`Generate the autocompletion script for ${shell}`, async () => (await import('./script.ts')).scripts[shell]);

export const completion: Group = {
  short: 'Generate the autocompletion script for the specified shell',
  hidden: true,
  commands: { bash: script('bash'), fish: script('fish'), powershell: script('powershell'), zsh: script('zsh') },
  synonyms: {},
};
