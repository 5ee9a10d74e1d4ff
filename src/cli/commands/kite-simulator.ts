// `alpha-panda kite-simulator`: a simulated Kite Connect on loopback, for rehearsals and for programs of one's own.
import { UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { settingsFor } from '../settings.ts';

const PORT = 8090;
const PORT_MAX = 65_535;

export const kiteSimulatorCommand = defineCommand(
  {
    name: 'kite-simulator',
    summary: 'Runs a simulated Kite Connect on this machine: orders, ticker, faults. No account, no money.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      port: { kind: 'text', value: 'N', help: `The port on 127.0.0.1 (${PORT}); 0 takes a free one.` },
      feed: { kind: 'text', value: 'SOURCE', help: 'simulator, or tape:PATH with a file or folder (FEED__SOURCE).' },
      speed: { kind: 'text', value: 'X|max', help: 'A factor of real time, or max (FEED__SPEED).' },
      'postback-url': { kind: 'text', value: 'URL', help: 'Where order updates are posted, signed.' },
      'redirect-url': { kind: 'text', value: 'URL', help: 'Where the login page sends the browser.' },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Its book lies in the data directory as kite-simulator.sqlite and is there again at the next start.',
      'docs/guides/rehearse-with-the-kite-simulator.md shows a rehearsal.',
    ],
  },
  async ({ flags }, io) => {
    const port = Number(flags.port ?? PORT);
    if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
      throw new UsageError(`expected --port as a number from 0 to ${PORT_MAX}, found ${flags.port}`);
    }
    const overrides = { FEED__SOURCE: flags.feed, FEED__SPEED: flags.speed, DATA_DIR: flags['data-dir'] };
    const { settings } = await settingsFor(io, overrides);
    const { runKiteSimulator } = await import('#app/kite-simulator.ts');
    return runKiteSimulator({
      settings,
      run: { port, postbackUrl: flags['postback-url'], redirectUrl: flags['redirect-url'] },
      stop: io.interrupted(),
      say: (text) => io.stdout.write(text),
      complain: (text) => void io.stderr.write(`alpha-panda kite-simulator: ${text}\n`),
    });
  },
);
