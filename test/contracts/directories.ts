// Data directories for the tests of what lies on the disk.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext } from 'node:test';

/** An empty directory that goes away with the test. */
export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'alpha-panda-data-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * What a process that dies at this moment leaves in `from`, in an empty directory. Another process copies: when this one
 * closed a handle on a database, it would lose its locks on it.
 */
export function copyAsAfterCrash(from: string, to: string): void {
  const files = readdirSync(from).filter((name) => !name.endsWith('-shm'));
  if (files.length > 0) execFileSync('cp', [...files.map((name) => join(from, name)), to]);
}
