// What a command does in one profile only.
import type { DatabaseCopy } from '#app/backup.ts';
import type { Settings } from '#app/config/settings-schema.ts';

/** How the database is copied where the profile has one. */
export async function databaseOf({ profile, database }: Settings): Promise<DatabaseCopy | undefined> {
  if (profile === 'embedded') return undefined;
  return (await import('#app/database-copy.ts')).databaseCopy(database.postgresUrl);
}
