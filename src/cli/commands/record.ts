// `alpha-panda record`: a feed as a tape.
import { resolve } from 'node:path';
import type { Settings } from '#app/config/settings-schema.ts';
import { placeOf } from '#app/place.ts';
import type { RecordRequest, recordSimulator } from '#app/tapes/record.ts';
import { needed, oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { progress } from '../progress.ts';
import { settingsFor } from '../settings.ts';

export const recordCommand = defineCommand(
  {
    name: 'record',
    summary: 'Records a feed as a tape: a folder with a file for each instrument.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      feed: {
        kind: 'text',
        value: 'FEED',
        help: 'simulator, as fast as it goes; log, what the platform saw; or history, minutes of the broker. Needed.',
      },
      out: { kind: 'text', value: 'DIR', help: 'The folder of the tape, which must not be there yet. Needed.' },
      days: { kind: 'text', value: 'N', help: 'Trading days of the market’s own time; 1 unless given.' },
      instruments: { kind: 'text', value: 'N', help: 'How many stocks, instead of the setting.' },
      seed: { kind: 'text', value: 'S', help: 'The market’s seed, instead of the setting.' },
      from: { kind: 'text', value: 'DAY', help: 'The first day of the history, such as 2026-01-31.' },
      to: { kind: 'text', value: 'DAY', help: 'The last day of the history, which has to be over.' },
      symbols: {
        kind: 'text',
        value: 'LIST',
        help: 'Instruments of the history, with commas between; those of the settings else.',
      },
      gzip: { kind: 'switch', value: '', help: 'Pack the files.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'With log, a tape of what a live feed brought can be made while the platform runs; it says when something is missing.',
      'history needs a session: npx alpha-panda login zerodha. A minute becomes four ticks: open, low, high, close when it rose, open,',
      'high, low, close when it fell. What was read is kept beside DIR until all is there: the same command goes on.',
      'Example: alpha-panda record --feed simulator --out tapes/first --days 5 --instruments 4',
    ],
  },
  async ({ flags }, io) => {
    const out = resolve(io.folder, needed('out', flags.out));
    const feed = oneOf('--feed', needed('feed', flags.feed), ['simulator', 'log', 'history'] as const);
    demandFlags(feed, flags);
    const days = flags.days === undefined ? 1 : wholeNumber('days', flags.days, 1);
    const { settings } = await settingsFor(io, {
      DATA_DIR: flags['data-dir'],
      ...(feed === 'simulator' && { FEED__SOURCE: 'simulator' }),
      FEED__INSTRUMENTS: flags.instruments,
      FEED__SEED: flags.seed,
    });
    const shown = progress(io, 'recording');
    const format = flags.gzip ? 'gzip' : 'csv';
    const signal = io.interrupted();
    const common = { out, format, signal, onProgress: shown.show } as const;
    const made = await recorded(feed, { settings, days, common, flags });
    await shown.done();
    const { rows, instruments, complete } = made;
    const text = `${rows} ticks of ${instruments.length} instruments are in ${flags.out}${complete ? '' : ', not complete'}\n`;
    await io.stdout.write(flags.json ? jsonText(made) : text);
    return EXIT.good;
  },
);

type Feed = 'simulator' | 'log' | 'history';

interface Flags {
  readonly days?: string | undefined;
  readonly instruments?: string | undefined;
  readonly seed?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly symbols?: string | undefined;
}

/** Of which feed each flag is; `--feed`, `--out` and `--gzip` are of all. */
const OF: Readonly<Record<keyof Flags, readonly Feed[]>> = {
  days: ['simulator'],
  seed: ['simulator'],
  instruments: ['simulator', 'history'],
  from: ['history'],
  to: ['history'],
  symbols: ['history'],
};

function demandFlags(feed: Feed, flags: Flags): void {
  for (const [name, feeds] of Object.entries(OF)) {
    if (flags[name as keyof Flags] === undefined || feeds.includes(feed)) continue;
    throw new UsageError(`--${name} is of --feed ${feeds.join(' or ')}, found --feed ${feed}`);
  }
}

interface Recording {
  readonly settings: Settings;
  readonly days: number;
  readonly common: Pick<RecordRequest, 'out' | 'format' | 'signal' | 'onProgress'>;
  readonly flags: Flags;
}

async function recorded(feed: Feed, { settings, days, common, flags }: Recording): ReturnType<typeof recordSimulator> {
  switch (feed) {
    case 'log': {
      const { recordLog } = await import('#app/tapes/record-log.ts');
      return recordLog({ place: placeOf(settings), ...common });
    }
    case 'history': {
      const { recordHistory } = await import('#app/tapes/record-history.ts');
      const [from, to] = [needed('from', flags.from), needed('to', flags.to)];
      return recordHistory({ settings, from, to, symbols: flags.symbols?.split(','), ...common });
    }
    case 'simulator': {
      const simulator = await import('#app/tapes/record.ts');
      return simulator.recordSimulator({ settings, days, ...common });
    }
  }
}
