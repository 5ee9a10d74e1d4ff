// `alpha-panda corporate-action`: what a company did with its shares, into every book that holds them.
import { placeOf } from '#app/place.ts';
import { needed, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const corporateActionCommand = defineCommand(
  {
    name: 'corporate-action',
    summary: 'Books a dividend, a split or a bonus issue in every book that holds the shares.',
    operands: 'dividend|split|bonus',
    operandsMin: 1,
    operandsMax: 1,
    flags: {
      broker: { kind: 'text', value: 'B', help: 'The broker namespace. Needed.' },
      instrument: { kind: 'text', value: 'I', help: 'Symbol or instrument token. Needed.' },
      'ex-date': { kind: 'text', value: 'DAY', help: 'First day without what it gives, such as 2026-11-27. Needed.' },
      ratio: { kind: 'text', value: 'N:M', help: 'Of a split or a bonus: N shares become M, such as 1:5.' },
      amount: { kind: 'text', value: 'RUPEES', help: 'Of a dividend, for each share, such as 2.50.' },
      why: { kind: 'text', value: 'TEXT', help: 'Why, for whoever reads the ledger later. Needed.' },
      'request-id': { kind: 'text', value: 'ID', help: 'Names this request; the same id again does nothing.' },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'It is booked between the last close before the ex-date and the open after it, and refused at any other time, or',
      'when it would leave a fraction of a share: alpha-panda events --topic B.pnl.snapshots.dlq then says why.',
    ],
  },
  async ({ flags, operands }, io) => {
    const action = ACTIONS.find((known) => known === operands[0]);
    if (action === undefined) {
      throw new UsageError(`expected ${ACTIONS.join(', ')}, found ${JSON.stringify(operands[0])}`);
    }
    const broker = needed('broker', flags.broker);
    const instrument = needed('instrument', flags.instrument);
    const exDate = needed('ex-date', flags['ex-date']);
    const why = needed('why', flags.why);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { requestAction } = await import('#app/requests.ts');
    const { ratio, amount } = flags;
    const asked = { place: placeOf(settings), broker, action, instrument, ratio, amount, exDate };
    const id = requestAction({ ...asked, who: io.user(), why, requestId: flags['request-id'] });
    await io.stdout.write(`${action} of ${instrument} in ${broker} is requested as ${id}\n`);
    return EXIT.good;
  },
);

const ACTIONS = ['dividend', 'split', 'bonus'] as const;
