// `alpha-panda state`: every book of every broker with a hash over all of them, to compare two runs by.
import { placeOf } from '#app/place.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const stateCommand = defineCommand(
  {
    name: 'state',
    summary: 'Prints every book of every broker, and a hash of them all: two equal hashes, two equal states.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: ['cash = starting cash ± fills − fees + adjustments. sha256 is over the canonical JSON of `brokers`.'],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readState } = await import('#app/reading/books.ts');
    const state = readState(placeOf(settings));
    if (flags.json) {
      await io.stdout.write(jsonText(state));
      return EXIT.good;
    }
    const columns = [
      words('broker'),
      words('strategy'),
      numbers('starting cash'),
      numbers('cash'),
      numbers('realised P&L'),
      numbers('fees'),
      numbers('adjustments'),
      numbers('positions'),
    ];
    const rows = Object.entries(state.brokers).flatMap(([broker, { books }]) =>
      books.map((book) => [
        broker,
        book.strategy_id,
        book.starting_cash,
        book.cash,
        book.realised_pnl,
        book.fees,
        book.adjustments,
        `${book.positions.length}`,
      ]),
    );
    const table = renderTable(columns, rows, { heading: (text) => paint(io, 'bold', text) });
    await io.stdout.write(`${table}\nsha256 ${state.sha256}\n`);
    return EXIT.good;
  },
);
