// A Chromium of the machine, driven over its own protocol. Nothing is downloaded: where there is none, the tests are skipped by
// name, and fail in CI.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import axe from 'axe-core';
import { skipMissing } from '../support/shared-data.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined, and the test skipped, when there is no Chromium; in CI it throws. */
export async function requireBrowser(test: Pick<TestContext, 'skip' | 'after'>): Promise<Browser | undefined> {
  const path = [process.env['CHROMIUM'] ?? '', ...PLACES].find((each) => each !== '' && existsSync(each));
  if (path === undefined) {
    skipMissing(test, 'there is no Chromium: expected /usr/bin/chromium, or its path in CHROMIUM');
    return undefined;
  }
  // Its own sandbox needs rights that a container does not give; only pages of ours are opened.
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  test.after(async () => browser.close());
  return browser;
}

/** What went wrong in a page: errors of scripts, what the policy refused, and what was logged as an error. */
export interface Watched {
  readonly page: Page;
  readonly problems: string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (said) => {
    // Answers that are refusals are told on the page, and the browser notes each of them, too.
    const isAnswer = /Failed to load resource|ERR_CONNECTION/.test(said.text());
    if (said.type() === 'error' && !isAnswer) problems.push(said.text());
  });
  return { page, problems };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds in the page as it is, of long tables in their first rows, of what it calls serious or critical, after WCAG 2.2 A and AA. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  // Over the protocol, because the policy of the page refuses scripts from elsewhere.
  await page.evaluate(axe.source);
  const left = ['tbody tr:nth-child(n+5)', '.activity li:nth-child(n+5)', '.chain li:nth-child(n+9)'];
  const options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] };
  const run = `axe.run(${JSON.stringify({ exclude: left })}, ${JSON.stringify(options)})`;
  const { violations } = await page.evaluate<{ readonly violations: readonly Violation[] }>(run);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
    );
}
