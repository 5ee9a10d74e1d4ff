// Runs the command line inside the test's process, with a process of its own making: what it prints is collected, the
// environment is what the test says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { dispatch } from '#cli/dispatch.ts';
import type { Output } from '#cli/io.ts';
import { SmallMarket } from './small-market.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that the command is run in; one without `.env` unless the test makes one. */
  readonly folder?: string;
  readonly tty?: boolean;
  /** Told after each write to stdout; returns whether the reader goes away. */
  readonly onWrite?: (text: string) => boolean;
  readonly interrupted?: AbortSignal;
  /** What is typed where something secret is asked for, one line after the other. */
  readonly secrets?: readonly string[];
}

/** Carries out `alpha-panda ARGS`. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const { env = {}, folder = tmpdir(), tty = false, onWrite, interrupted = new AbortController().signal } = options;
  const stdout = new Collected(tty, onWrite);
  const stderr = new Collected(tty);
  const secrets = [...(options.secrets ?? [])];
  const secret = async (question: string): Promise<string> => {
    await stderr.write(question);
    return secrets.shift() ?? '';
  };
  const io = { stdout, stderr, env, folder, user: () => 'asha', secret, interrupted: () => interrupted };
  const code = await dispatch(args, io);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collected implements Output {
  readonly isTTY: boolean;
  readonly #onWrite: ((text: string) => boolean) | undefined;
  closed = false;
  text = '';

  constructor(isTTY: boolean, onWrite?: (text: string) => boolean) {
    this.isTTY = isTTY;
    this.#onWrite = onWrite;
  }

  async write(text: string): Promise<void> {
    if (this.closed) return;
    this.text += text;
    this.closed = this.#onWrite?.(text) ?? false;
  }
}

/** An empty folder that is gone when the test is. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data directory in which the small market ran, with one message on its topic that is not JSON. */
export function smallData(t: TestContext): string {
  const directory = join(temporaryFolder(t), 'data');
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const market = new SmallMarket(store, inbox);
  market.run(0, 40, true);
  inbox.put([{ topic: 'paper.signals.raw', key: 'x', id: undefined, value: 'not\nJSON' }]);
  market.run(40, 70);
  inbox.close();
  store.close();
  return directory;
}
