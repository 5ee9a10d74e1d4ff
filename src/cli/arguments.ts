// Reads a command's flags and operands, and writes its help from the same table. Separate from the commands so that a
// misspelt flag is told in one way everywhere: what was found, what was probably meant, how the command is used.
import { parseArgs } from 'node:util';
import { editDistance } from '#app/config/hints.ts';

/** `text` takes a value, `list` may be repeated, `switch` stands alone. */
export interface Flag {
  readonly kind: 'text' | 'list' | 'switch';
  /** Stands for the value in the help, such as `DIR`; empty for a switch. */
  readonly value: string;
  readonly help: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;

/** What a command takes, as its help shows it. */
export interface Usage<Flags extends FlagTable = FlagTable> {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** The operands behind the name, such as `FILE`; empty when there are none. */
  readonly operands: string;
  readonly operandsMin: number;
  readonly operandsMax: number;
  readonly flags: Flags;
  /** Lines below the flags: what a reader must know before the first use. */
  readonly notes: readonly string[];
}

/** The flags that were given; a switch that was not is false, a list that was not is empty. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]: Flags[Name]['kind'] extends 'switch'
    ? boolean
    : Flags[Name]['kind'] extends 'list'
      ? readonly string[]
      : string | undefined;
};

export interface Arguments<Flags extends FlagTable> {
  readonly help: boolean;
  readonly flags: FlagValues<Flags>;
  readonly operands: readonly string[];
}

/** The command line cannot be carried out as it was written; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the arguments behind the command's name. Throws `UsageError` for anything that the command does not take. */
export function parseArguments<Flags extends FlagTable>(
  usage: Usage<Flags>,
  args: readonly string[],
): Arguments<Flags> {
  const options = Object.fromEntries(
    Object.entries(usage.flags).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? 'boolean' : 'string' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = new Map<string, string[]>();
  const operands: string[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    else if (token.kind === 'option' && token.name === 'help') help = true;
    else if (token.kind === 'option') take(usage.flags, found, token.name, token.rawName, token.value);
  }
  if (!help) checkOperands(usage, operands);
  return { help, flags: valuesOf(usage.flags, found), operands };
}

/** The help of a command. */
export function helpText(usage: Usage): string {
  const flags = [...Object.entries(usage.flags).map(([name, flag]) => [spelled(name, flag), flag.help] as const), HELP];
  const width = Math.max(...flags.map(([left]) => left.length));
  const lines = flags.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
  const notes = usage.notes.length === 0 ? [] : ['', ...usage.notes];
  return [usageLine(usage), '', usage.summary, '', ...lines, ...notes, ''].join('\n');
}

/** `Usage: alpha-panda state [--json] [--data-dir DIR]` */
export function usageLine(usage: Usage): string {
  const flags = Object.entries(usage.flags).map(
    ([name, flag]) => `[${spelled(name, flag)}]${flag.kind === 'list' ? '…' : ''}`,
  );
  return ['Usage: alpha-panda', usage.name, usage.operands, ...flags].filter((part) => part !== '').join(' ');
}

/** `; did you mean X?` when one of the known words is close, else nothing. */
export function didYouMean(found: string, known: readonly string[]): string {
  const ranked = known
    .map((word) => ({ word, distance: word.startsWith(found) && found.length > 1 ? 0.5 : editDistance(found, word) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0] === undefined ? '' : `; did you mean ${ranked[0].word}?`;
}

/** One of `known`; throws `UsageError` naming `what` otherwise. */
export function oneOf<const Known extends readonly string[]>(what: string, found: string, known: Known): Known[number] {
  if (known.includes(found)) return found;
  throw new UsageError(
    `expected ${what} to be one of ${known.join(', ')}, found "${found}"${didYouMean(found, known)}`,
  );
}

/** A whole number from `min` on; throws `UsageError` naming the flag otherwise. */
export function wholeNumber(flag: string, text: string, min: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value >= min) return value;
  throw new UsageError(`expected --${flag} to be a whole number from ${min} on, found "${text}"`);
}

/** The value of a flag that must be given; throws `UsageError` otherwise. */
export function needed(flag: string, value: string | undefined): string {
  if (value !== undefined && value.trim() !== '') return value;
  throw new UsageError(`--${flag} is needed`);
}

const HELP = ['-h, --help', 'Print this.'] as const;

function spelled(name: string, flag: Flag): string {
  return flag.kind === 'switch' ? `--${name}` : `--${name} ${flag.value}`;
}

function take(
  flags: FlagTable,
  found: Map<string, string[]>,
  name: string,
  rawName: string,
  value: string | undefined,
): void {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) {
    const known = [...Object.keys(flags), 'help'];
    throw new UsageError(`unknown flag ${rawName}${didYouMean(name, known).replace('mean ', 'mean --')}`);
  }
  if (flag.kind === 'switch' && value !== undefined) {
    throw new UsageError(`--${name} takes no value, found "${value}"`);
  }
  if (flag.kind !== 'switch' && (value === undefined || value.startsWith('--'))) {
    throw new UsageError(`--${name} needs a value (${flag.value})`);
  }
  const before = found.get(name) ?? [];
  if (flag.kind === 'text' && before.length > 0) throw new UsageError(`--${name} is given more than once`);
  found.set(name, [...before, value ?? '']);
}

function valuesOf<Flags extends FlagTable>(
  flags: Flags,
  found: ReadonlyMap<string, readonly string[]>,
): FlagValues<Flags> {
  const values = Object.entries(flags).map(([name, { kind }]) => {
    const given = found.get(name);
    if (kind === 'switch') return [name, given !== undefined] as const;
    return [name, kind === 'list' ? (given ?? []) : given?.[0]] as const;
  });
  return Object.fromEntries(values) as FlagValues<Flags>;
}

function checkOperands(usage: Usage, operands: readonly string[]): void {
  const extra = operands[usage.operandsMax];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many`);
  if (operands.length >= usage.operandsMin) return;
  throw new UsageError(`expected ${usage.operands.replace(/[[\]]/g, '')} behind ${usage.name}`);
}
