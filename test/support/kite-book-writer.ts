// A process that places orders at a simulator with its book on the disk, and says each order's id once it was answered,
// until it is killed. For the test that nothing that was answered is lost.
import { sqliteStorage } from '#kite-simulator/account/sqlite-storage.ts';
import { INFY, kiteWorld } from './kite-world.ts';

const [, , directory] = process.argv;
if (directory !== undefined) {
  const world = kiteWorld({ storage: sqliteStorage(directory), opening: { cash: { equity: 1e14, commodity: 0 } } });
  for (let k = 0; ; k++) {
    world.tick(INFY, 1500 - (k % 2), { depth: [1499, 2, 1500, 2] });
    const id = await world.placed({ quantity: 3, price: 1500 - (k % 3) });
    const { filled_quantity: filled } = await world.order(id);
    process.stdout.write(`${id} ${String(filled)}\n`);
  }
}
