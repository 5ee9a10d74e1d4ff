// The loader, and what must hold of the shipped files; that their rates are right is tested where orders are charged.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadCharges } from './charge-files.ts';

const SHIPPED = fileURLToPath(new URL('../../../config/charges', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'charge-files-'));
after(() => rmSync(scratch, { recursive: true }));

test('the shipped files make one table without a gap or an overlap', () => {
  const { schedules, rounding } = loadCharges(SHIPPED);
  assert.deepEqual(new Set(schedules.map(({ file }) => file)), new Set(readdirSync(SHIPPED)));
  assert.ok(rounding.length > 0);
});

test('a missing folder, an empty one, broken JSON and a file laid twice are told apart', () => {
  assert.throws(() => loadCharges(join(scratch, 'none')), /expected a folder of files of charges at .*none: ENOENT/);
  const folder = join(scratch, 'charges');
  mkdirSync(folder);
  assert.throws(() => loadCharges(folder), /expected files of charges such as nse\.json in .*, found none/);
  for (const file of readdirSync(SHIPPED)) copyFileSync(join(SHIPPED, file), join(folder, file));
  assert.doesNotThrow(() => loadCharges(folder));
  copyFileSync(join(SHIPPED, 'mcx.json'), join(folder, 'ncdex.json'));
  assert.throws(() => loadCharges(folder), /transaction of commodity_future is also in mcx\.json, which is an overlap/);
  writeFileSync(join(folder, 'ncdex.json'), '{');
  assert.throws(() => loadCharges(folder), /ncdex\.json: expected a readable JSON file: /);
  rmSync(join(folder, 'ncdex.json'));
  rmSync(join(folder, 'india.json'));
  assert.throws(() => loadCharges(folder), /bse\.json: expected a rate for stt of equity_delivery on BSE/);
});
