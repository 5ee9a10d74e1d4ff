// `alpha-panda record`: a feed as a tape.
import { resolve } from 'node:path';
import { placeOf } from '#app/place.ts';
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
        help: 'simulator, as fast as it goes; or log, what the platform saw. Needed.',
      },
      out: { kind: 'text', value: 'DIR', help: 'The folder of the tape, which must not be there yet. Needed.' },
      days: { kind: 'text', value: 'N', help: 'Trading days of the market’s own time; 1 unless given.' },
      instruments: { kind: 'text', value: 'N', help: 'How many stocks, instead of the setting.' },
      seed: { kind: 'text', value: 'S', help: 'The market’s seed, instead of the setting.' },
      gzip: { kind: 'switch', value: '', help: 'Pack the files.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'With log, a tape of what a live feed brought can be made while the platform runs; it says when something is missing.',
      'Example: alpha-panda record --feed simulator --out tapes/first --days 5 --instruments 4',
    ],
  },
  async ({ flags }, io) => {
    const out = resolve(io.folder, needed('out', flags.out));
    const feed = oneOf('--feed', needed('feed', flags.feed), ['simulator', 'log'] as const);
    const ofMarket = [flags.days, flags.instruments, flags.seed].some((flag) => flag !== undefined);
    if (feed === 'log' && ofMarket) throw new UsageError('--days, --instruments and --seed are of the simulator');
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
    const onProgress = shown.show;
    const made =
      feed === 'log'
        ? await (
            await import('#app/tapes/record-log.ts')
          ).recordLog({ place: placeOf(settings), out, format, signal, onProgress })
        : await (
            await import('#app/tapes/record.ts')
          ).recordSimulator({ settings, out, format, days, signal, onProgress });
    await shown.done();
    const { rows, instruments, complete } = made;
    const text = `${rows} ticks of ${instruments.length} instruments are in ${flags.out}${complete ? '' : ', not complete'}\n`;
    await io.stdout.write(flags.json ? jsonText(made) : text);
    return EXIT.good;
  },
);
