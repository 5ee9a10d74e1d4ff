// `alpha-panda login zerodha`: the daily sign-in that Kite asks a person for.
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { EXIT, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const loginCommand = defineCommand(
  {
    name: 'login',
    summary: 'Signs in to Kite; a running platform takes the new session up within a second.',
    operands: 'BROKER',
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
      'BROKER is a namespace of kind zerodha; zerodha is also the app of live ticks.',
      'Without --request-token it prints the address of the login page.',
      'The session lies in the data directory, encrypted under AUTH__SECRET_KEY. Kite ends it every morning.',
    ],
  },
  async ({ flags, operands }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { appOf, loginUrl, LoginError, signIn } = await import('#app/kite-login.ts');
    const [name = ''] = operands;
    const given = flags['request-token'];
    try {
      const app = appOf(settings, name);
      if (given === undefined) {
        const next = `Sign in there, then run: npx alpha-panda login ${name} --request-token TOKEN`;
        await io.stdout.write(`${loginUrl(app)}\n${next}\n`);
        return EXIT.good;
      }
      const userId = await signIn(app, settings, given);
      await io.stdout.write(`signed in to Kite as ${printable(userId)}\n`);
      return EXIT.good;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      await io.stderr.write(`alpha-panda login: ${printable(error.message)}\n`);
      return EXIT.no;
    }
  },
);
