// `alpha-panda migrate`: brings the tables of the distributed profile up to date.
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const migrateCommand = defineCommand(
  {
    name: 'migrate',
    summary: 'Brings the tables of PostgreSQL up to date; stops at the first step that fails.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      check: { kind: 'switch', value: '', help: 'Only say what is missing; exit code 1 when something is.' },
      stages: { kind: 'text', value: 'LIST', help: 'Also for a part with these stages, which has not started yet.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Stop the platform and make a backup first. The role of DATABASE__POSTGRES_URL becomes the owner of new tables.',
      'A namespace with BROKERS__{ID}__POSTGRES_ROLE gets a role that reads its rows only; it is made when it is missing.',
      'The embedded profile needs none of it: its file is of one version.',
    ],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (settings.profile === 'embedded') {
      await io.stdout.write('Nothing to do: the embedded profile has no migrations.\n');
      return EXIT.good;
    }
    const { runMigrations } = await import('#app/migrate.ts');
    const names = runMigrations(settings, flags.check, flags.stages);
    if (flags.json) await io.stdout.write(jsonText(flags.check ? { missing: names } : { applied: names }));
    else if (names.length === 0) await io.stdout.write('Nothing is missing.\n');
    else for (const name of names) await io.stdout.write(`${flags.check ? 'missing' : 'applied'} ${name}\n`);
    return flags.check && names.length > 0 ? EXIT.no : EXIT.good;
  },
);
