// Where the tests find the shared market data, which lies beside the project and is not part of it. A test that cannot do
// without it says so by name; in CI a missing file is a failure.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';

const projectRoot = resolve(import.meta.dirname, '..', '..');

/** The absolute path of a file or folder in the shared data; `ALPHA_PANDA_SHARED` names another place for it. */
export function sharedPath(...parts: readonly string[]): string {
  return join(resolve(projectRoot, process.env['ALPHA_PANDA_SHARED'] ?? '../shared'), ...parts);
}

/**
 * The same path when it is there. When it is not, the test is skipped by name and the result is undefined, so that the
 * test returns; in CI it throws.
 */
export function requireShared(test: Pick<TestContext, 'skip'>, ...parts: readonly string[]): string | undefined {
  const path = sharedPath(...parts);
  if (existsSync(path)) return path;
  skipMissing(
    test,
    `shared data is missing: expected ${join('../shared', ...parts)} beside the project, or ALPHA_PANDA_SHARED`,
  );
  return undefined;
}

/** Skips a test by name for what the machine does not have; in CI it throws. */
export function skipMissing(test: Pick<TestContext, 'skip'>, message: string): void {
  if (process.env['CI'] === 'true') throw new Error(message);
  test.skip(message);
}
