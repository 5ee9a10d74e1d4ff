// A server whose every answer is taken over by whoever tells it something for as long as it stays.
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type TestContext } from 'node:test';

/** Serves until the test ends, and closes `hub` first. Returns the port. */
export async function served(
  t: TestContext,
  hub: { close(): void },
  answered: (response: ServerResponse) => void,
): Promise<number> {
  const server = createServer((_request, response) => answered(response));
  t.after(() => {
    hub.close();
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
