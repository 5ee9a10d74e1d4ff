// The thread of a link that can be cut: a relay on the loopback interface that carries nothing while it is cut.
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface RelayData {
  readonly port: number;
  readonly target: number;
}

export type RelayOrder = 'cut' | 'mend';

class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Whose other ends went while the way was cut. */
  readonly #orphans = new Set<Socket>();
  #cut = false;

  constructor(target: number) {
    this.#server = createServer((near) => {
      const far = createConnection({ port: target, host: '127.0.0.1' });
      this.#carry(near, far);
      this.#carry(far, near);
    });
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.resume();
    for (const socket of this.#orphans) socket.end();
    this.#orphans.clear();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#cut) from.resume();
    });
    // Who goes is missed by the other end, but while the way is cut nothing is heard of it.
    from.on('close', () => {
      this.#sockets.delete(from);
      if (this.#cut) this.#orphans.add(to);
      else to.end();
    });
    // A broken connection closes; what broke it is for its ends.
    from.on('error', () => undefined);
    if (this.#cut) from.pause();
  }
}

const { port, target } = workerData as RelayData;
const relay = new Relay(target);
parentPort?.on('message', (order: RelayOrder) => (order === 'cut' ? relay.cut() : relay.mend()));
await relay.listen(port);
parentPort?.postMessage('listening', []);
