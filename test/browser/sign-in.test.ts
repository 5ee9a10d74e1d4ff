// Signing in through Kite in a browser: to Kite's page and back to the page that asked, with nothing left in the address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { kiteAt, liveAt } from '../e2e/support/live-kite.ts';
import { Place } from '../e2e/support/place.ts';
import { openPage, requireBrowser } from './browser.ts';
import { freePort } from '../../tools/services/free-port.ts';

test('a person signs in at Kite and is back on the page that they came from', { timeout: 90_000 }, async (t) => {
  const browser = await requireBrowser(t);
  if (browser === undefined) return;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const kite = await kiteAt(t, `${url}/sign-in/kite`);
  const { FEED__SOURCE: _, ...app } = liveAt(kite);
  const env = { ...app, API__PORT: `${port}`, ACTIVE_BROKERS: 'paper', AUTH__ENABLE_USER_AUTH: 'true' };
  const place = new Place(t, env);
  const add = ['users', 'add', 'asha', '--role', 'risk', '--kite-user', 'SIM001'];
  assert.equal((await runCli(add, { env: place.env })).code, 0);
  const platform = place.program(['start'], {}, { lifeMsMax: 80_000 });
  await platform.said('Application is now running.');

  const { page, problems } = await openPage(browser);
  await page.goto(`${url}/orders?broker=paper`);
  await page.getByRole('dialog', { name: 'Sign in' }).getByRole('button', { name: 'Sign in with Kite' }).click();
  await page.getByRole('heading', { name: 'Simulated Kite login' }).waitFor();
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: /asha/ }).waitFor();
  assert.equal(page.url(), `${url}/orders?broker=paper`);
  assert.equal(await page.evaluate<number>('document.querySelectorAll("dialog").length'), 0);
  assert.doesNotMatch(await page.evaluate<string>('JSON.stringify(sessionStorage)'), /verifier|request_token/);

  // An address from elsewhere signs nobody in, whatever is good in it.
  const stranger = await openPage(browser);
  const token = await kite.requestToken();
  await stranger.page.goto(`${url}/sign-in/kite?status=success&request_token=${token}&state=made-up`);
  await stranger.page.getByText('did not begin in this tab').waitFor();
  assert.equal(stranger.page.url(), `${url}/sign-in/kite`);
  assert.deepEqual([...problems, ...stranger.problems], []);
});
