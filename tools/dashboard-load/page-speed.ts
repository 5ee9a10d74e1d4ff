// Measures the dashboard on the platform as it comes, with fifty instruments of the simulated market: when the first content is
// painted, when the first number of a namespace stands, and how long the page takes to answer a person who goes from page to page.
//
//   node tools/dashboard-load/page-speed.ts [seconds of trading before]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { projectRoot } from '../pinned-node.mjs';
import { freePort } from '../services/free-port.ts';

const LOADS = 10;
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const VIEWS = ['Pipeline', 'Portfolio', 'Orders', 'Signals', 'Strategies', 'Risk limits', 'Overview'];

const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-dashboard-'));
const port = await freePort();
const platform = spawn(process.execPath, [join(projectRoot, 'src/cli/main.ts'), 'start'], {
  cwd: folder,
  env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data'), LOGS_DIR: folder, API__PORT: `${port}` },
  stdio: 'ignore',
});
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  await sleep(1_000 * Number(process.argv[2] ?? 20));
  await measure(`http://localhost:${port}`);
} finally {
  await browser.close();
  platform.kill('SIGTERM');
  await once(platform, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const paints: number[] = [];
  const numbers: number[] = [];
  for (let k = 0; k < LOADS; k++) {
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('[data-value="cash"] .money').first().waitFor();
    numbers.push(await page.evaluate<number>('performance.now()'));
    paints.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    await context.close();
  }
  tell('first contentful paint', paints);
  tell('first numbers', numbers);
  const page = await browser.newPage();
  await page.goto(url);
  await page.evaluate(`
    window.times = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ name, duration }) => {
      if (name === 'click' || name === 'keydown') window.times.push(duration);
    })).observe({ type: 'event', durationThreshold: 16 });
  `);
  for (let k = 0; k < 3; k++) await tour(page);
  const times = await page.evaluate<number[]>('window.times');
  tell('clicks and keys to the next paint (of those that took 16 ms or more)', times);
}

async function tour(page: Page): Promise<void> {
  for (const name of VIEWS) {
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await sleep(400);
  }
}

function tell(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): string => `${Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? 0)} ms`;
  console.log(`${what}: n ${sorted.length}, median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}`);
}
