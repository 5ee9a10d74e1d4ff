// `alpha-panda config`: the settings in force with their origin.
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const configCommand = defineCommand(
  {
    name: 'config',
    summary: 'Prints the settings in force, where each comes from, and what looks wrong; secrets are masked.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'Settings come from the command line, the environment and .env, the first of these wins. See docs/settings.md.',
    ],
  },
  async ({ flags }, io) => {
    const loaded = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { renderSettings } = await import('#app/config/render-settings.ts');
    await io.stdout.write(`${renderSettings(loaded, { json: flags.json })}\n`);
    return EXIT.good;
  },
);
