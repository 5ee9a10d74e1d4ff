// `alpha-panda deposit` and `withdraw`: money into or out of a book, with who and why. Two commands of one kind.
import { placeOf } from '#app/place.ts';
import { needed } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, type Command } from '../command.ts';
import { EXIT } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const depositCommand = adjustment('deposit', 'deposit', 'Puts money into a book.');
export const withdrawCommand = adjustment('withdraw', 'withdrawal', 'Takes money out of a book, at most its cash.');

function adjustment(name: string, kind: 'deposit' | 'withdrawal', summary: string): Command {
  return defineCommand(
    {
      name,
      summary,
      operands: '',
      operandsMin: 0,
      operandsMax: 0,
      flags: {
        broker: { kind: 'text', value: 'B', help: 'The broker namespace. Needed.' },
        strategy: { kind: 'text', value: 'S', help: 'The strategy id of the book. Needed.' },
        amount: { kind: 'text', value: 'RUPEES', help: 'Above zero, such as 1000.50. Needed.' },
        why: { kind: 'text', value: 'TEXT', help: 'Why, for whoever reads the ledger later. Needed.' },
        'request-id': { kind: 'text', value: 'ID', help: 'Names this request; the same id again does nothing.' },
        'data-dir': DATA_DIR_FLAG,
      },
      notes: [
        'A running platform takes it up at once, a stopped one at its next start. It is an event of the ledger:',
        'alpha-panda events --topic B.pnl.snapshots shows it once it is taken up.',
      ],
    },
    async ({ flags }, io) => {
      const broker = needed('broker', flags.broker);
      const strategyId = needed('strategy', flags.strategy);
      const amount = needed('amount', flags.amount);
      const why = needed('why', flags.why);
      const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
      const { requestAdjustment } = await import('#app/requests.ts');
      const place = placeOf(settings);
      const requestId = flags['request-id'];
      const who = io.user();
      const id = requestAdjustment({ place, broker, strategyId, kind, amount, who, why, requestId });
      await io.stdout.write(`${kind} of ${amount} for ${broker}/${strategyId} is requested as ${id}\n`);
      return EXIT.good;
    },
  );
}
