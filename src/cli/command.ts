// What a command is: its usage and what it does. Parsing, `--help` and the common flags are the same for all of them.
import { helpText, parseArguments, type Arguments, type Flag, type FlagTable, type Usage } from './arguments.ts';
import { EXIT, type Io } from './io.ts';

export interface Command {
  readonly usage: Usage;
  /** Carries the command out; resolves to the exit code. Throws `UsageError` for arguments that it does not take. */
  readonly run: (args: readonly string[], io: Io) => Promise<number>;
}

/** A command from its usage and its work; `--help` prints the usage and does nothing else. */
export function defineCommand<Flags extends FlagTable>(
  usage: Usage<Flags>,
  work: (given: Arguments<Flags>, io: Io) => Promise<number>,
): Command {
  return {
    usage,
    run: async (args, io) => {
      const given = parseArguments(usage, args);
      if (!given.help) return work(given, io);
      await io.stdout.write(helpText(usage));
      return EXIT.good;
    },
  };
}

export const DATA_DIR_FLAG = {
  kind: 'text',
  value: 'DIR',
  help: 'The data directory, instead of DATA_DIR.',
} as const satisfies Flag;
export const JSON_FLAG = { kind: 'switch', value: '', help: 'Print JSON, for scripts.' } as const satisfies Flag;
export const BROKER_FLAG = {
  kind: 'text',
  value: 'BROKER',
  help: 'Only this broker namespace.',
} as const satisfies Flag;
