// The process as commands see it. A reader that goes away (`alpha-panda events … | head`) closes the output quietly
// instead of ending the process with an error.
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { Io, Output } from './io.ts';

export function processIo(): Io {
  return {
    stdout: new ProcessOutput(process.stdout),
    stderr: new ProcessOutput(process.stderr),
    env: process.env,
    folder: process.cwd(),
    user: userName,
    secret: askSecret,
    interrupted: interruptSignal,
  };
}

class ProcessOutput implements Output {
  readonly #stream: WriteStream;
  #closed = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    stream.on('error', () => {
      // Nobody reads any more (EPIPE), or the disk behind a redirection is full: there is nowhere left to tell it.
      this.#closed = true;
    });
  }

  get isTTY(): boolean {
    return this.#stream.isTTY;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async write(text: string): Promise<void> {
    if (this.#closed || this.#stream.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'close', 'error']) this.#stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'close', 'error']) this.#stream.on(event, done);
    });
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** From a terminal without echo, or the first line of what is piped in. */
async function askSecret(question: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal });
  try {
    return await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      // Taking over the terminal takes over Ctrl-C, too.
      lines.once('SIGINT', () => process.exit(130));
    });
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}

function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
