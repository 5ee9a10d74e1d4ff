// The dashboard in a browser against the real platform, on the opening of a recorded day: what is on the screen is what is in
// the ledger, a refusal is explained, orders stop at a kill, a dead letter is sent again, and a restart is survived.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { runCli } from '../support/cli.ts';
import { requireShared } from '../support/shared-data.ts';
import { cutTape } from '../e2e/support/cut-tape.ts';
import { Place } from '../e2e/support/place.ts';
import type { Program } from '../e2e/support/processes.ts';
import { signalMessage } from '../e2e/support/signals.ts';
import { openPage, requireBrowser, seriousViolations, type Watched } from './browser.ts';
import { freePort } from '../../tools/services/free-port.ts';

const DAY = 'nse-ticks-2021-06-11';
const SYMBOLS = ['ADANIPORTS', 'INFY', 'RELIANCE', 'TCS'];
const PASSWORD = 'four small words here';
const PAGES = [
  '/',
  '/pipeline',
  '/portfolio',
  '/orders',
  '/signals',
  '/why',
  '/chart',
  '/strategies',
  '/limits',
  '/dead-letters',
  '/alerts',
  '/logs?channel=trading',
  '/audit',
  '/webhooks',
  '/runbook?code=DISK_FULL',
];

interface World {
  readonly place: Place;
  readonly browser: Browser;
  readonly url: string;
  platform: Program;
  readonly restart: () => Promise<void>;
}

describe('the dashboard on a recorded day', { timeout: 180_000 }, () => {
  test('an operator at 09:14', async (t) => {
    const world = await worldOf(t);
    if (world === undefined) return;
    const watched = await openPage(world.browser);
    const { page } = watched;
    await page.goto(world.url);
    await t.test('nothing is shown before a person has signed in', async () => signIn(page));
    await t.test('numbers on the screen equal the ledger’s', async () => numbersEqual(world, page));
    await t.test('a refused signal is explained, and leads back to its tick', async () =>
      refusalExplained(world, page),
    );
    await t.test('a fill leads to its order and its book', async () => fillExplained(world, page));
    await t.test('a dead letter is sent again with a field put right', async () => letterReplayed(world, page));
    await t.test('an alert is acknowledged, and the log and the audit trail tell of it', async () => troubleSeen(page));
    await t.test('every page is without serious violations, in both schemes and widths', async () =>
      accessible(world, page),
    );
    await t.test('a kill is one gesture and stops orders; a person with a reason lets go', async () =>
      killed(world, page),
    );
    await t.test('it works on through a restart of the server', async () => restarted(world, watched));
    assert.deepEqual(watched.problems, []);
  });
});

/** A platform that played the opening of the day and goes on listening, and a browser. */
async function worldOf(t: TestContext): Promise<World | undefined> {
  const recorded = requireShared(t, 'market-data', DAY);
  if (recorded === undefined) return undefined;
  const browser = await requireBrowser(t);
  if (browser === undefined) return undefined;
  const port = await freePort();
  const place = new Place(t, {
    API__PORT: `${port}`,
    ACTIVE_BROKERS: 'paper,zerodha',
    AUTH__ENABLE_USER_AUTH: 'true',
    LOGGING__FILE_ENABLED: 'true',
    LOGGING__TRADING_LEVEL: 'INFO',
    MONITORING__STARTUP_GRACE_PERIOD_SECONDS: '0',
    AUTH__SECRET_KEY: 'only-for-this-test-and-long-enough-for-it',
  });
  for (const [name, role] of [
    ['asha', 'risk'],
    ['vik', 'viewer'],
  ] as const) {
    const added = await runCli(['users', 'add', name, '--role', role], { env: place.env, secrets: [PASSWORD] });
    assert.equal(added.code, 0, added.stderr);
  }
  place.put(
    signalMessage('paper', { id: 'too-much' }, { quantity: 900_000 }),
    signalMessage('paper', { id: 'nothing' }, { quantity: 0 }),
  );
  const feed = `tape:${cutTape(t, recorded, SYMBOLS, 1_500)}`;
  const start = (): Program => place.program(['start', '--feed', feed, '--speed', 'max'], {}, { lifeMsMax: 170_000 });
  const world: World = {
    place,
    browser,
    url: `http://localhost:${port}`,
    platform: start(),
    restart: async () => {
      await world.platform.stop('SIGTERM');
      world.platform = start();
      await world.platform.said('Application is now running.');
    },
  };
  await world.platform.said('Feed finished');
  return world;
}

async function signIn(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Sign in' });
  await dialog.getByLabel('Name').fill('asha');
  await dialog.getByLabel('Password').fill('no such password');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('region', { name: 'Namespace paper' }).waitFor();
}

async function go(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
}

/** As the address bar does it, without loading the page anew. */
async function visit(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

const digitsOf = (text: string): string =>
  text
    .replaceAll(/[₹,\s]/g, '')
    .replace('−', '-')
    .replace('+', '');
const units = (text: string): bigint => {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(4, '0')}`);
};

async function numbersEqual({ place }: World, page: Page): Promise<void> {
  const books = JSON.parse(await place.output('portfolio', '--json')) as readonly {
    readonly broker: string;
    readonly strategy_id: string;
    readonly cash: string;
    readonly fees: string;
    readonly realised_pnl: string;
  }[];
  for (const broker of ['paper', 'zerodha']) {
    const mine = books.filter((book) => book.broker === broker);
    assert.ok(mine.length > 0, broker);
    const card = page.getByRole('region', { name: `Namespace ${broker}` });
    await card.getByText('SIMULATED').waitFor();
    for (const field of ['cash', 'fees', 'realised_pnl'] as const) {
      const name = field === 'realised_pnl' ? 'realised' : field;
      const shown = await card.locator(`[data-value="${name}"]`).innerText();
      const sum = mine.reduce((all, book) => all + units(book[field]), 0n);
      assert.equal(units(digitsOf(shown)), sum, `${field} of ${broker}: ${shown}`);
    }
  }
  await go(page, 'Portfolio');
  const rows = page.getByRole('region', { name: 'Books' }).last().getByRole('row');
  await rows.nth(1).waitFor();
  for (const { broker, strategy_id: strategy, cash } of books) {
    const row = rows.filter({ hasText: broker }).filter({ has: page.getByText(strategy, { exact: true }) });
    const shown = await row.getByRole('cell').nth(4).innerText();
    assert.equal(units(digitsOf(shown)), units(cash), `${broker} ${strategy}`);
    assert.match(shown, /^₹(\d{1,2},)?(\d{2},)*\d{1,3}\.\d{2,4}$/, 'in Indian groups');
  }
}

async function refusalExplained({ place }: World, page: Page): Promise<void> {
  const refused = place.events('paper.signals.rejected').find(({ correlation_id: id }) => id === 'too-much');
  assert.ok(refused !== undefined);
  const [reason] = refused.data['reasons'] as readonly { code: string; limit: string; found: string }[];
  assert.ok(reason !== undefined);
  await visit(page, '/signals?outcome=rejected&strategy_id=mine');
  const row = page.getByRole('row').filter({ hasText: '900000' }).first();
  await row.getByText(reason.limit, { exact: true }).first().waitFor();
  await row.getByText(reason.found, { exact: true }).first().waitFor();
  await row.getByRole('link', { name: /^Why/ }).click();
  const chain = page.getByRole('region', { name: /^In paper/ });
  await chain.getByRole('heading', { name: 'too-much' }).waitFor();
  await chain.getByRole('link', { name: /^In the log/ }).waitFor();
  await chain.getByRole('heading', { name: 'Refused by the risk gate' }).waitFor();
  const own = place.events('paper.signals.rejected').find(({ data }) => {
    return (data['original_signal'] as { strategy_id: string }).strategy_id !== 'mine';
  });
  assert.ok(own !== undefined, 'a strategy was refused, too');
  await visit(page, `/why?id=${encodeURIComponent(own.id)}`);
  for (const name of ['Tick', 'Signal made', 'Refused by the risk gate']) {
    await chain.getByRole('heading', { name, exact: true }).first().waitFor();
  }
  assert.equal(await chain.getByRole('heading', { name: 'Order submitted' }).count(), 0);
}

async function troubleSeen(page: Page): Promise<void> {
  await go(page, 'Alerts');
  const alert = page.getByRole('listitem').filter({ hasText: 'paper · mine' });
  await alert.getByText('a signal was rejected').waitFor();
  await alert.getByRole('button', { name: /^Acknowledge/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Acknowledge an alert' });
  await dialog.getByLabel('Reason').fill('a drill of the desk');
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  await alert.getByText('a drill of the desk').waitFor();
  assert.equal(await alert.getByRole('button', { name: /^Acknowledge/ }).count(), 0);
  await alert.getByRole('link', { name: /^Runbook/ }).click();
  await page.getByRole('heading', { name: 'SIGNAL_REJECTED' }).waitFor();
  await page.getByText('A limit held.').waitFor();

  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('monitoring');
  await page.getByRole('searchbox', { name: 'Text' }).fill('A DRILL');
  await page.getByRole('searchbox', { name: 'Text' }).press('Enter');
  const records = page.getByRole('list', { name: 'Log records' }).getByRole('listitem');
  await records
    .first()
    .getByText(/^Alert \d+ acknowledged: a drill of the desk$/)
    .waitFor();
  assert.equal(await records.count(), 1);
  await records.first().locator('summary').click();
  await records.first().getByText('asha', { exact: true }).waitFor();

  await go(page, 'Audit');
  await page.getByRole('region', { name: 'Verification' }).getByText('sound').waitFor();
  await page.getByRole('searchbox', { name: 'Text' }).fill('drill of the desk');
  await page.getByRole('button', { name: 'Search' }).click();
  const entries = page.getByRole('list', { name: 'Entries of the audit trail' }).getByRole('listitem');
  await entries
    .first()
    .getByText(/who asha.*why a drill of the desk/)
    .waitFor();
}

async function fillExplained({ place }: World, page: Page): Promise<void> {
  const fill = place.events('paper.orders.filled').find(({ correlation_id: id }) => id !== 'nothing');
  assert.ok(fill !== undefined);
  await page.getByLabel('Id of a fill, order, signal or tick').fill(fill.id);
  await page.getByRole('button', { name: 'Walk' }).click();
  const chain = page.getByRole('region', { name: /^In paper/ });
  for (const name of ['Tick', 'Signal made', 'Order submitted', 'Filled', 'Book after it']) {
    await chain.getByRole('heading', { name, exact: true }).first().waitFor();
  }
  const price = String(fill.data['fill_price']);
  await chain.getByText(price.slice(-6)).first().waitFor();
  await chain.getByRole('link', { name: 'life of the order' }).first().click();
  await page.getByRole('heading', { name: 'Order', exact: true }).waitFor();
  await page
    .getByRole('heading', { name: /filled/i })
    .first()
    .waitFor();
}

async function letterReplayed({ place, platform }: World, page: Page): Promise<void> {
  await go(page, 'Dead letters');
  await page.getByRole('button', { name: 'Replay' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Change first/).fill('data.quantity=900001');
  await dialog.getByLabel(/^Reason/).fill('the quantity was left out');
  await dialog.getByRole('button', { name: 'Replay' }).click();
  await platform.until('the message again', () =>
    place.values('paper.signals.rejected').find((value) => value.includes('900001')),
  );
  await page.getByText('No message waits to be settled.').waitFor();
  const note = place.events('paper.signals.raw.dlq').find(({ type }) => type === 'dead_letter_settled');
  assert.deepEqual([note?.data['who'], note?.data['why']], ['asha', 'the quantity was left out']);
  await page.getByLabel('State', { exact: true }).selectOption('settled');
  await page.getByText('the quantity was left out').waitFor();
}

async function accessible({ browser, url }: World, signedIn: Page): Promise<void> {
  const token = await signedIn.evaluate<string>("sessionStorage.getItem('alpha-panda-token')");
  for (const [width, colorScheme] of [
    [1_440, 'light'],
    [390, 'dark'],
  ] as const) {
    const { page, problems } = await openPage(browser, { viewport: { width, height: 844 }, colorScheme });
    await page.addInitScript(`sessionStorage.setItem('alpha-panda-token', ${JSON.stringify(token)})`);
    await page.goto(url);
    for (const path of PAGES) {
      await visit(page, path);
      await page.locator('h1').waitFor({ state: 'attached' });
      await page.locator('.loading').first().waitFor({ state: 'detached' });
      assert.deepEqual(await seriousViolations(page), [], `${path} at ${width} px, ${colorScheme}`);
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      assert.ok(beyond <= 0, `${path} is ${beyond} px wider than ${width} px`);
    }
    assert.deepEqual(problems, []);
    await page.context().close();
  }
}

async function killed({ place, platform }: World, page: Page): Promise<void> {
  await go(page, 'Overview');
  await page.keyboard.down('Shift');
  await page.keyboard.down('K');
  await platform.until('the kill', () =>
    place.events('paper.control.changes').find(({ data }) => data['action'] === 'killed'),
  );
  await page.keyboard.up('K');
  await page.keyboard.up('Shift');
  const card = page.getByRole('region', { name: 'Namespace paper' });
  await card.getByText('halted', { exact: true }).waitFor();
  const before = place.events('paper.orders.submitted').length;
  place.put(signalMessage('paper', { id: 'after-the-kill' }));
  const refused = await platform.until('a refusal', () =>
    place.events('paper.signals.rejected').find(({ correlation_id: id }) => id === 'after-the-kill'),
  );
  assert.match(JSON.stringify(refused.data), /HALTED/);
  assert.equal(place.events('paper.orders.submitted').length, before);
  await page.getByRole('button', { name: 'Release every namespace' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByRole('button', { name: 'Release' }).isDisabled(), true, 'without a reason');
  await dialog.getByLabel(/^Reason/).fill('the news was denied');
  await dialog.getByRole('button', { name: 'Release' }).click();
  await card.getByText('taking orders').waitFor();
  const release = place.events('paper.control.changes').at(-1)?.data;
  assert.deepEqual([release?.['who'], release?.['why']], ['asha', 'the news was denied']);
}

async function restarted(world: World, { page }: Watched): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor();
  const stopped = world.restart();
  await page.getByText(/^Reconnecting\. What you see is as of/).waitFor();
  await page.getByRole('region', { name: 'Namespace paper' }).waitFor();
  await stopped;
  await page.getByText('Live', { exact: true }).waitFor();
  world.place.put(signalMessage('paper', { id: 'after-the-restart' }, { quantity: 900_002 }));
  await page.getByRole('region', { name: 'Refused just now' }).getByText('900002').first().waitFor();
}
