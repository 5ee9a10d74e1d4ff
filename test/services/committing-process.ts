// A process of its own that commits to a store in PostgreSQL until it is killed, and says on standard output what it has
// committed. Started with the URL and the schema.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { commitOf, message, row, ticksInput } from '../contracts/commits.ts';

/** Runs one until it has made so many commits, kills it, and returns the last commit that it was told of. */
export async function commitAndKill(url: string, schema: string, commits: number): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), url, schema], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    acknowledged = Number(line);
    if (acknowledged >= commits) child.kill('SIGKILL');
  });
  await Promise.all([once(child, 'exit'), once(reading, 'close')]);
  return acknowledged;
}

/** Messages of commit number `k`: now rows, now a block. */
export function messagesOfCommit(k: number): number {
  return (k * 5) % 23;
}

function commitForEver(url: string, schema: string): void {
  const store = openPostgresStore(url, { now: () => 0, schema, schemaManagement: 'auto' });
  for (let k = store.lastSeq() + 1; ; k++) {
    const messages = Array.from({ length: messagesOfCommit(k) }, (_, n) => {
      return { ...message('paper.signals.raw', `${k}.${n}`), own: true as const };
    });
    const offsets = [{ group: 'g', topic: 'paper.signals.raw', offset: k }];
    store.commit(commitOf({ inputs: [ticksInput(k, 10)], messages, rows: [row('newest', `${k}`)], offsets }));
    process.stdout.write(`${k}\n`);
  }
}

const [, script, url, schema] = process.argv;
if (script === fileURLToPath(import.meta.url) && url !== undefined && schema !== undefined) commitForEver(url, schema);
