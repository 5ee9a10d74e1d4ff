// Market data of Kite for a command that ends: with the session that lies on the disk, and with no way to an order.
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { KeptToken, sessionOf } from './kite-app.ts';
import { openDataAccess, type DataAccess } from './kite-login.ts';

/** Without a session on the disk each call says so in its answer. */
export async function withDataAccess<T>(
  settings: Settings,
  clock: Clock,
  work: (client: DataAccess['client']) => Promise<T>,
): Promise<T> {
  const { zerodha } = settings;
  const session = sessionOf(zerodha);
  const token = new KeptToken(zerodha, settings, () => undefined).load();
  if (token !== undefined) session.begin(token);
  const access = openDataAccess(session, zerodha.kiteRoot, clock);
  try {
    return await work(access.client);
  } finally {
    access.close();
  }
}
