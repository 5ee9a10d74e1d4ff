// `alpha-panda drop-copy`: watches a live account beside the platform.
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const dropCopyCommand = defineCommand(
  {
    name: 'drop-copy',
    summary: 'Compares a live account with the log until Ctrl-C, and halts it when they differ; 1 when it had to.',
    operands: 'BROKER',
    operandsMin: 1,
    operandsMax: 1,
    flags: { 'data-dir': DATA_DIR_FLAG },
    notes: [
      'Every 10 s it reads the orders and trades of the day. It can trip the kill switch, and do nothing else.',
      'It uses the session that alpha-panda login keeps, and takes a new one up.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { runDropCopy } = await import('#app/drop-copy.ts');
    const tell = (text: string): void => void io.stdout.write(`${printable(text)}\n`);
    const held = await runDropCopy(settings, { broker: operands[0] ?? '', stop: io.interrupted(), tell });
    return held ? EXIT.good : EXIT.no;
  },
);
