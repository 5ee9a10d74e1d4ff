// `alpha-panda backup`: a copy of the data directory, beside a running platform.
import { resolve } from 'node:path';
import { type EpochMs } from '#core/time.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { databaseOf } from '../profile.ts';
import { settingsFor } from '../settings.ts';

export const backupCommand = defineCommand(
  {
    name: 'backup',
    summary: 'Copies the data directory, and the database of the distributed profile, beside a running platform.',
    operands: 'FOLDER',
    operandsMin: 1,
    operandsMax: 1,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'The copy holds the session of a live account, encrypted with AUTH__SECRET_KEY; keep both apart, and to yourself.',
      'The distributed profile needs pg_dump on the PATH; what Kafka holds follows from the database and is not copied.',
      'Tapes and logs lie elsewhere and are not part of it.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { makeBackup } = await import('#app/backup.ts');
    const folder = resolve(io.folder, operands[0] ?? '');
    const database = await databaseOf(settings);
    const { files, ...about } = makeBackup(settings.dataDir, folder, Date.now() as EpochMs, database);
    const bytes = Object.values(files).reduce((sum, each) => sum + each.bytes, 0);
    if (flags.json) await io.stdout.write(jsonText({ folder, ...about, files: Object.keys(files), bytes }));
    else await io.stdout.write(`${Object.keys(files).length} files with ${bytes} bytes are in ${folder}\n`);
    return EXIT.good;
  },
);
