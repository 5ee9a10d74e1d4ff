// `alpha-panda service`: runs a service of the user's own on the log, beside the platform.
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { settingsFor } from '../settings.ts';

export const serviceCommand = defineCommand(
  {
    name: 'service',
    summary: 'Runs a service of your own on the log until Ctrl-C, from a file that exports `service(settings)`.',
    operands: 'FILE',
    operandsMin: 1,
    operandsMax: 1,
    flags: { 'data-dir': DATA_DIR_FLAG },
    notes: [
      'FILE exports a function `service` that builds a service with StreamServiceBuilder and returns it;',
      'docs/guides/add-a-service.md builds one. It runs beside the platform, which may come and go meanwhile.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { runService } = await import('#app/service-command.ts');
    const [file = ''] = operands;
    return runService({ settings, folder: io.folder, file, stop: io.interrupted() });
  },
);
