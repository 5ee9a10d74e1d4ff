// Loaded before the program: writes down the address of every connection that the process, or a thread of it, opens.
import { appendFileSync } from 'node:fs';
import { subscribe } from 'node:diagnostics_channel';

const file = process.env['SOCKETS_SEEN'] ?? '';

subscribe('net.client.socket', (message) => {
  const { socket } = /** @type {{ socket: import('node:net').Socket }} */ (message);
  appendFileSync(file, 'opened\n');
  socket.once('connect', () => appendFileSync(file, `${socket.remoteAddress} ${socket.remotePort}\n`));
});
