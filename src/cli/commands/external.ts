// `alpha-panda external`: which units in a live account are not the platform's.
import { placeOf } from '#app/place.ts';
import { needed } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const externalCommand = defineCommand(
  {
    name: 'external',
    summary: 'Says how many units of an instrument in the account are not the platform’s.',
    operands: 'BROKER INSTRUMENT UNITS',
    operandsMin: 3,
    operandsMax: 3,
    flags: {
      why: { kind: 'text', value: 'TEXT', help: 'Why, for whoever asks later. Needed.' },
      'request-id': { kind: 'text', value: 'ID', help: 'Names this request; the same id again does nothing.' },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'It books nothing: the comparison with the broker leaves these units out, and a break that they were settles.',
      'The last word counts; 0 takes it back. Strategies that a break has halted are let go with alpha-panda release.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [broker = '', instrument = '', units = ''] = operands;
    const why = needed('why', flags.why);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { requestExternal } = await import('#app/requests.ts');
    const asked = { place: placeOf(settings), broker, instrument, units, who: io.user(), why };
    const id = requestExternal({ ...asked, requestId: flags['request-id'] });
    await io.stdout.write(`${units} units of ${instrument} in ${broker} are requested to be external as ${id}\n`);
    return EXIT.good;
  },
);
