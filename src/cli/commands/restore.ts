// `alpha-panda restore`: puts a backup into a data directory of its own.
import { resolve } from 'node:path';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { databaseOf } from '../profile.ts';
import { settingsFor } from '../settings.ts';

export const restoreCommand = defineCommand(
  {
    name: 'restore',
    summary: 'Puts a backup into a data directory that is not there yet, after checking every file of it.',
    operands: 'FOLDER',
    operandsMin: 1,
    operandsMax: 1,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'A backup is of a moment that is over: a live account has gone on since. Its namespace is disarmed after the start; compare',
      'with the broker before you arm it.',
      'The distributed profile needs pg_restore on the PATH, a database without our tables, and the roles that owned them.',
      'alpha-panda verify then rebuilds everything from the log and compares.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { restoreBackup } = await import('#app/backup.ts');
    const { made_at, files } = restoreBackup(
      resolve(io.folder, operands[0] ?? ''),
      settings.dataDir,
      await databaseOf(settings),
    );
    if (flags.json) await io.stdout.write(jsonText({ data_dir: settings.dataDir, made_at, files: Object.keys(files) }));
    else await io.stdout.write(`${settings.dataDir} is as it was at ${made_at}; check it with: alpha-panda verify\n`);
    return EXIT.good;
  },
);
