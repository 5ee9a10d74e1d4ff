// A Chromium of the machine, for pages that need no driving: it opens a file, and what it complains of is collected.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const run = promisify(execFile);

/** Its path; undefined, and the test skipped, when there is none. In CI that is an error. */
export function requireChromium(test: Pick<TestContext, 'skip'>): string | undefined {
  const path = [process.env['CHROMIUM'] ?? '', ...PLACES].find((each) => each !== '' && existsSync(each));
  if (path !== undefined) return path;
  const message = 'there is no Chromium: expected /usr/bin/chromium, or its path in CHROMIUM';
  if (process.env['CI'] === 'true') throw new Error(message);
  test.skip(message);
  return undefined;
}

export interface Opened {
  /** The page as the browser has it. */
  readonly dom: string;
  /** Errors and warnings of the page's console, what its policy refused included. */
  readonly complaints: readonly string[];
}

/** Opens a file in a window of a phone's width. */
export async function openFile(chromium: string, path: string, profile: string): Promise<Opened> {
  const { stdout, stderr } = await run(
    chromium,
    [
      '--headless',
      // Its own sandbox needs rights that a container does not give; only pages of ours are opened.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      `--user-data-dir=${profile}`,
      '--enable-logging=stderr',
      '--window-size=390,900',
      '--dump-dom',
      `file://${path}`,
    ],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return { dom: stdout, complaints: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) };
}
