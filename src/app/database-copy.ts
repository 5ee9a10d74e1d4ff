// Copies of the database of the distributed profile, by the tools of PostgreSQL: one consistent moment, beside a running
// platform. The tools are of the server's version or a later one and stand on the PATH.
import { spawnSync } from 'node:child_process';
import { DEFAULT_SCHEMA, placeOf } from '#adapters/postgres/place.ts';
import { BackupError, type DatabaseCopy } from './backup.ts';

/** A whole database takes its time. */
const TOOL_MS_MAX = 6 * 60 * 60 * 1_000;
// Row-level security is forced on the owner too, whose policy lets every row through.
const DUMP = ['--format=custom', '--enable-row-security', `--schema=${DEFAULT_SCHEMA}`];
/** What is there already makes it fail, and then nothing of it stays. */
const RESTORE = ['--single-transaction', '--exit-on-error', '--enable-row-security'];

/** @param url of the role that owns the tables: nobody else sees all their rows. */
export function databaseCopy(url: string): DatabaseCopy {
  const place = placeOf(url);
  const { password, address } = withoutPassword(url);
  const run = (tool: string, args: readonly string[]): void => {
    const env = { ...process.env, ...(password !== '' && { PGPASSWORD: password }) };
    const done = spawnSync(tool, [...args, `--dbname=${address}`], { env, encoding: 'utf8', timeout: TOOL_MS_MAX });
    if (done.error !== undefined) {
      const remedy = "install the client tools of PostgreSQL, of the server's version or a later one";
      throw new BackupError(`${tool} cannot be run: ${done.error.message}; ${remedy}`);
    }
    if (done.status !== 0) throw new BackupError(`${tool} failed for ${place.name}: ${place.hide(done.stderr.trim())}`);
  };
  return {
    file: 'alpha-panda.dump',
    dump: (file) => run('pg_dump', [...DUMP, `--file=${file}`]),
    restore: (file) => run('pg_restore', [...RESTORE, file]),
  };
}

/** What a tool is told on its command line can be read by everybody on the machine. */
function withoutPassword(url: string): { readonly password: string; readonly address: string } {
  const parsed = new URL(url);
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  return { password, address: parsed.href };
}
