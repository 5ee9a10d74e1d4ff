// `alpha-panda login zerodha`: the daily sign-in that Kite asks a person for.
import { UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const loginCommand = defineCommand(
  {
    name: 'login',
    summary: 'Signs in to Kite for its live ticks; a running platform takes the new session up within a second.',
    operands: 'zerodha',
    operandsMin: 1,
    operandsMax: 1,
    flags: {
      'request-token': {
        kind: 'text',
        value: 'TOKEN',
        help: 'What the login page gave: the token, or the whole address it sent the browser to.',
      },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Without --request-token it prints the address of the login page.',
      'The session lies in the data directory, encrypted under AUTH__SECRET_KEY. Kite ends it every morning.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [who = ''] = operands;
    if (who !== 'zerodha') throw new UsageError(`expected zerodha, found ${who}`);
    const overrides = { FEED__SOURCE: 'zerodha', FEED__SPEED: '1', DATA_DIR: flags['data-dir'] };
    const { settings } = await settingsFor(io, overrides);
    const { loginUrl, LoginError, signIn } = await import('#app/kite-login.ts');
    const given = flags['request-token'];
    if (given === undefined) {
      const url = loginUrl(settings);
      await io.stdout.write(`${url}\nSign in there, then run: npx alpha-panda login zerodha --request-token TOKEN\n`);
      return EXIT.good;
    }
    try {
      const userId = await signIn(settings, given);
      await io.stdout.write(`signed in to Kite as ${printable(userId)}\n`);
      return EXIT.good;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      await io.stderr.write(`alpha-panda login: ${printable(error.message)}\n`);
      return EXIT.no;
    }
  },
);
