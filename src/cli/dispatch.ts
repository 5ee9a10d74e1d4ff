// Finds the command that the first argument names, runs it, and turns what went wrong into a sentence and an exit code.
import { didYouMean, usageLine, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS, type CommandEntry } from './command-list.ts';
import { EXIT, type Io } from './io.ts';

const GROUPS = { run: 'Run', look: 'Look', manage: 'Manage' } as const;

/** Errors whose message is for the reader; any other is our defect and is shown with its stack. */
const EXPECTED: Readonly<Record<string, number>> = {
  SettingsError: EXIT.usage,
  DeploymentError: EXIT.usage,
  RequestError: EXIT.usage,
  UsageError: EXIT.usage,
  ServiceError: EXIT.usage,
  RefusedError: EXIT.no,
  StatementError: EXIT.no,
  StoreError: EXIT.no,
  LogError: EXIT.no,
  BackupError: EXIT.no,
  CalendarError: EXIT.no,
  CalendarDataError: EXIT.no,
  DataFileError: EXIT.no,
  InstrumentError: EXIT.no,
  FeedError: EXIT.no,
};

/** Carries out `alpha-panda ARGS`; resolves to the exit code and never rejects. */
export async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(name, rest, io);
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry === undefined) {
    const hint = didYouMean(
      name,
      COMMANDS.map((command) => command.name),
    );
    await io.stderr.write(`alpha-panda: unknown command ${JSON.stringify(name)}${hint}\n${ROOT_USAGE}\n`);
    return EXIT.usage;
  }
  return run(entry, rest, io);
}

const ROOT_USAGE = 'Usage: alpha-panda COMMAND [flags]; `alpha-panda --help` lists the commands.';

async function help(name: string | undefined, rest: readonly string[], io: Io): Promise<number> {
  const [topic] = rest;
  if (name === 'help' && topic !== undefined) return dispatch([topic, '--help'], io);
  const output = name === undefined ? io.stderr : io.stdout;
  await output.write(rootHelp());
  return name === undefined ? EXIT.usage : EXIT.good;
}

async function run(entry: CommandEntry, args: readonly string[], io: Io): Promise<number> {
  let command: Command | undefined;
  try {
    command = await entry.load();
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof UsageError && command !== undefined) {
      await io.stderr.write(`alpha-panda ${entry.name}: ${error.message}\n${usageLine(command.usage)}\n`);
      return EXIT.usage;
    }
    const expected = error instanceof Error ? EXPECTED[error.name] : undefined;
    const text =
      error instanceof Error
        ? expected === undefined
          ? (error.stack ?? error.message)
          : error.message
        : String(error);
    await io.stderr.write(`alpha-panda ${entry.name}: ${text}\n`);
    return expected ?? EXIT.no;
  }
}

/** Every command in one line each. */
export function rootHelp(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const lines = COMMANDS.filter((command) => command.group === group);
    return [title, ...lines.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`), ''].join('\n');
  });
  return [
    'Usage: alpha-panda COMMAND [flags]',
    '',
    'A trading platform for Indian equities: several brokers side by side, every number rebuilt from one log.',
    '',
    ...sections,
    '`alpha-panda COMMAND --help` tells what a command takes. Every command takes --data-dir DIR.',
    'Exit codes: 0 good, 1 the answer is no or the start failed, 2 bad usage or configuration.',
    '',
  ].join('\n');
}
