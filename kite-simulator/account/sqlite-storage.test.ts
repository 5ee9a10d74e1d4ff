import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../test/contracts/directories.ts';
import { INFY, kiteWorld } from '../../test/support/kite-world.ts';
import { BOOK_NAME, BookFileError, sqliteStorage } from './sqlite-storage.ts';

const WRITER = join(import.meta.dirname, '..', '..', 'test', 'support', 'kite-book-writer.ts');

/** Lets it place orders until it has said so many, and kills it as nothing else can. */
async function killedAfter(t: TestContext, directory: string, orders: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const said = new Map<string, number>();
  const over = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const [id = '', filled = ''] = line.split(' ');
    said.set(id, Number(filled));
    if (said.size >= orders) child.kill('SIGKILL');
  }
  await over;
  return said;
}

describe('the book on the disk', { timeout: 60_000 }, () => {
  test('has every order and every fill that was answered, after a kill at any moment', async (t) => {
    const directory = temporaryDirectory(t);
    const told = new Map<string, number>();
    for (const orders of [3, 11, 29]) {
      for (const [id, filled] of await killedAfter(t, directory, orders)) told.set(id, filled);
    }
    assert.ok(told.size >= 43);
    const world = kiteWorld({ storage: sqliteStorage(directory) });
    const { orders, trades } = world.simulator.control.truth();
    const byId = new Map(orders.map((order) => [order['order_id'], order]));
    for (const [id, filled] of told) {
      assert.ok(Number(byId.get(id)?.['filled_quantity']) >= filled, `${id} lost a fill, or is lost`);
    }
    const filled = orders.reduce((sum, order) => sum + Number(order['filled_quantity']), 0);
    assert.equal(
      trades.reduce((sum, { quantity }) => sum + quantity, 0),
      filled,
    );
    await world.simulator.close();
  });

  test('goes on where it was: resting orders still trade, ids go on, the session lives', async (t) => {
    const directory = temporaryDirectory(t);
    const before = kiteWorld({ storage: sqliteStorage(directory) });
    before.tick(INFY, 1510);
    const id = await before.placed({ price: 1400 });
    const token = before.simulator.broker.sessions.current?.accessToken;
    await before.simulator.close();
    const after = kiteWorld({ storage: sqliteStorage(directory) });
    assert.notEqual(after.simulator.broker.sessions.current?.accessToken, token, 'kiteWorld logs in anew');
    after.tick(INFY, 1400);
    assert.equal((await after.order(id))['status'], 'COMPLETE');
    assert.notEqual(await after.placed(), id);
    await after.simulator.close();
  });

  test('is one process’s at a time, and a file of another kind is left alone', (t) => {
    const directory = temporaryDirectory(t);
    const storage = sqliteStorage(directory);
    storage.commit([{ kind: 'value', key: 'a', value: 1 }]);
    storage.commit([{ kind: 'value', key: 'a', value: undefined }]);
    assert.deepEqual(storage.load(), []);
    assert.throws(() => sqliteStorage(directory), /cannot be opened: database is locked.*stop it/);
    const second = sqliteStorage(directory, 'kite-simulator-second');
    assert.deepEqual(second.load(), []);
    second.close();
    storage.close();
    const other = temporaryDirectory(t);
    writeFileSync(join(other, `${BOOK_NAME}.sqlite`), 'a diary');
    assert.throws(() => sqliteStorage(other), BookFileError);
  });
});
