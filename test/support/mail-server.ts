// A mail server of the oldest kind, on a real socket: it greets, takes a name and a password, and keeps what it is sent.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

export interface MailServer {
  readonly port: number;
  /** What was taken: the letters with their headers. */
  readonly letters: readonly string[];
  /** The commands, as they came. */
  readonly said: readonly string[];
  /** False refuses every letter. */
  takes: boolean;
}

export async function mailServer(t: Pick<TestContext, 'after'>): Promise<MailServer> {
  const letters: string[] = [];
  const said: string[] = [];
  const state = { takes: true };
  const server = createServer((socket) => void converse(socket));
  const converse = async (socket: Socket): Promise<void> => {
    const say = (line: string): boolean => socket.write(`${line}\r\n`);
    say('220 mail.test ESMTP');
    let letter: string[] | undefined;
    for await (const line of createInterface({ input: socket })) {
      if (letter !== undefined) {
        if (line !== '.') letter.push(line);
        else {
          letters.push(letter.join('\n'));
          letter = undefined;
          say('250 taken');
        }
        continue;
      }
      said.push(line);
      if (line.startsWith('EHLO')) socket.write('250-mail.test\r\n250 AUTH PLAIN\r\n');
      else if (line.startsWith('AUTH')) say('235 welcome');
      else if (line.startsWith('MAIL') && !state.takes) say('550 not from hidden-password');
      else if (line === 'DATA') {
        letter = [];
        say('354 go on');
      } else if (line === 'QUIT') socket.end('221 bye\r\n');
      else say('250 fine');
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return Object.assign(state, {
    letters,
    said,
    port: typeof address === 'object' && address !== null ? address.port : 0,
  });
}
