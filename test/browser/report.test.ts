// The report of a run as a person has it: from the disk, without a network, in both schemes, on a desk and on a phone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Place } from '../e2e/support/place.ts';
import { lastWords } from '../e2e/support/processes.ts';
import { syntheticTape } from '../e2e/support/synthetic-tape.ts';
import { openPage, requireBrowser, seriousViolations } from './browser.ts';

test('the report is without serious violations, needs no network and fits', { timeout: 120_000 }, async (t) => {
  const browser = await requireBrowser(t);
  if (browser === undefined) return;
  const place = new Place(t, { RISK__MAX_TRADES_PER_DAY: '0' });
  const given = ['--strategy', 'sma_crossover', '--param', 'fast=5', '--param', 'slow=20', '--report', 'report.html'];
  const ended = await place.run(['backtest', '--ticks', syntheticTape(t, { rows: 600 }), ...given]);
  assert.equal(ended.code, 0, lastWords(ended));
  for (const [width, colorScheme] of [
    [1_440, 'light'],
    [1_440, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const) {
    const context = { viewport: { width, height: 844 }, colorScheme, offline: true };
    const { page, problems } = await openPage(browser, context);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const url = pathToFileURL(join(place.folder, 'report.html')).href;
    await page.goto(url);
    await page.getByRole('region', { name: 'What luck could have done' }).waitFor();
    const where = `at ${width} px, ${colorScheme}`;
    assert.deepEqual(await seriousViolations(page), [], where);
    const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    assert.ok(beyond <= 0, `${beyond} px too wide ${where}`);
    assert.deepEqual([asked, problems], [[url], []]);
    await page.context().close();
  }
});
