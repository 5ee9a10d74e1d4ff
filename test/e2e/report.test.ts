// The report in a browser: it opens from the disk, and the browser has nothing to complain of.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFile, requireChromium } from '../support/chromium.ts';
import { Place } from './support/place.ts';
import { lastWords } from './support/processes.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

test('a browser opens the report without an error or a refusal', { timeout: 120_000 }, async (t) => {
  const chromium = requireChromium(t);
  if (chromium === undefined) return;
  const place = new Place(t, { RISK__MAX_TRADES_PER_DAY: '0' });
  const tape = syntheticTape(t, { rows: 600 });
  const given = ['--strategy', 'sma_crossover', '--param', 'fast=5', '--param', 'slow=20', '--report', 'report.html'];
  const ended = await place.run(['backtest', '--ticks', tape, ...given]);
  assert.equal(ended.code, 0, lastWords(ended));
  const path = join(place.folder, 'report.html');
  const { dom, complaints } = await openFile(chromium, path, join(place.folder, 'profile'));
  assert.deepEqual(complaints, []);
  assert.match(dom, /How far to trust it/);

  const broken = join(place.folder, 'broken.html');
  writeFileSync(broken, readFileSync(path, 'utf8').replace('--ground:', '--changed:'));
  const refused = await openFile(chromium, broken, join(place.folder, 'profile'));
  assert.match(
    refused.complaints.join('\n'),
    /Content Security Policy/,
    'a style that was changed is refused, and seen here',
  );
});
