// What a command may touch of the process: where it prints, the environment, the interrupt. A value, so that tests run
// commands without a process of their own.

/** One stream that a command prints to. */
export interface Output {
  /** Whether a person watches. */
  readonly isTTY: boolean;
  /** Whether nobody reads any more; what is written from then on is dropped. */
  readonly closed: boolean;
  /** Resolves when the stream takes more, or is closed. */
  write(text: string): Promise<void>;
}

export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Everything else: what went wrong, hints, progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that the command is run in. */
  readonly folder: string;
  /** Name of the operating system's user. */
  readonly user: () => string;
  /** One line that is not shown while it is typed; what stands in front of it is said on stderr. */
  readonly secret: (question: string) => Promise<string>;
  /** Aborted by Ctrl-C or SIGTERM; asking for it takes the signals over. */
  readonly interrupted: () => AbortSignal;
}

/** Exit codes of every command. */
export const EXIT = { good: 0, no: 1, usage: 2 } as const;

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
};

/** The text in a style, on a terminal that shows styles and unless NO_COLOR is set. */
export function paint(io: Io, style: Style, text: string): string {
  const plain = !io.stdout.isTTY || (io.env['NO_COLOR'] ?? '') !== '' || io.env['TERM'] === 'dumb';
  const [on, off] = CODES[style];
  return plain ? text : `\u001B[${on}m${text}\u001B[${off}m`;
}

/** The text as JSON for scripts: two spaces deep, with a line end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The text without characters that could move a terminal's cursor. */
export function printable(text: string): string {
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    result += code < 0x20 || (code >= 0x7f && code < 0xa0) ? ' ' : character;
  }
  return result;
}
