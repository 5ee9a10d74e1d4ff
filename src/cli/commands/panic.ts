// `alpha-panda panic`: ends what an account has at the broker, whatever state the platform is in.
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const panicCommand = defineCommand(
  {
    name: 'panic',
    summary: 'Cancels our open orders at the broker, past the platform; 1 when any is left.',
    operands: 'BROKER',
    operandsMin: 1,
    operandsMax: 1,
    flags: {
      token: { kind: 'text', value: 'TOKEN', help: 'An access token, instead of the session on the disk.' },
      everything: { kind: 'switch', value: '', help: 'Also orders that this platform did not make.' },
      flatten: { kind: 'text', value: 'USER', help: 'Also ends every position of that account, at market.' },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'It needs a session with Kite and nothing else: no log, no database, no running platform.',
      'A running platform is told to halt the namespace; only alpha-panda release lets its orders through again.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { runPanic } = await import('#app/panic.ts');
    const { LoginError } = await import('#app/kite-login.ts');
    try {
      const { orders, positions } = await runPanic(settings, {
        broker: operands[0] ?? '',
        token: flags.token,
        everything: flags.everything,
        flatten: flags.flatten,
        who: io.user(),
        tell: (text) => void io.stdout.write(`${printable(text)}\n`),
      });
      const open = orders === undefined ? 'not known' : `${orders.length}`;
      await io.stdout.write(`orders that still work: ${open}\n`);
      if (positions === undefined) await io.stdout.write('positions: not known\n');
      for (const { exchange, symbol, product, quantity } of positions ?? []) {
        await io.stdout.write(`position: ${printable(`${exchange}:${symbol} ${product} ${quantity}`)}\n`);
      }
      const isDone = orders?.length === 0 && (flags.flatten === undefined || positions?.length === 0);
      return isDone ? EXIT.good : EXIT.no;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      await io.stderr.write(`alpha-panda panic: ${printable(error.message)}\n`);
      return EXIT.no;
    }
  },
);
