// What every server that tests start has in common: a process that is ended by its id, and a folder that
// goes with it.
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Why a server cannot be started on this machine. */
export interface Missing {
  readonly missing: string;
}

/**
 * Waits for the end of who started it, however that ends, and then ends the server and removes its folder: a test that
 * is killed, or a Ctrl-C at the wrong moment, leaves nothing behind.
 */
const GUARD = 'read -r _; kill -9 "$0" 2>/dev/null; [ -z "$1" ] || rm -rf "$1"';

/** A server in a process of its own; what it says is kept for the case that it does not start. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess | undefined;
  readonly #exited: Promise<void>;
  #said = '';
  #failed: Error | undefined;

  /** `folder` is where it runs and goes with it when we are killed. */
  constructor(command: string, args: readonly string[], folder?: string) {
    // A group of its own: Ctrl-C at the terminal must not end it before its users have let go of it.
    const cwd = folder === undefined ? {} : { cwd: folder };
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...cwd });
    const keep = (part: Buffer): void => void (this.#said = (this.#said + part.toString()).slice(-8_000));
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    const { pid } = this.#child;
    if (pid !== undefined) {
      // Its input is ours and ends with us.
      const guarding = ['-c', GUARD, `${pid}`, folder ?? ''];
      this.#guard = spawn('sh', guarding, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#guard?.kill('SIGKILL');
        resolve();
      });
      this.#child.once('error', (error) => {
        this.#failed = error;
        resolve();
      });
    });
  }

  /** Waits until `answers` says true; throws with what the server said when it ended or the time is over. */
  async waitUntil(answers: () => Promise<boolean>, msMax: number): Promise<void> {
    const deadline = performance.now() + msMax;
    while (performance.now() < deadline && !this.#hasEnded()) {
      if (await answers()) return;
      await delay(50);
    }
    const why = this.#hasEnded() ? 'it ended' : `it did not answer within ${msMax} ms`;
    throw new Error(`${this.#child.spawnfile} did not start: ${why}.\n${this.#failed?.message ?? this.#said}`);
  }

  /** Ends the process, at once when it does not end by itself in time. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', msMax = 20_000): Promise<void> {
    if (!this.#hasEnded()) this.#child.kill(signal);
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), msMax);
    await this.#exited;
    clearTimeout(killing);
  }

  #hasEnded(): boolean {
    return this.#failed !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
