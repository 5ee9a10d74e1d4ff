// `alpha-panda start`: turns flags into settings and hands over to the application, which logs from then on.
import type { SettingsProblem } from '#app/config/problem.ts';
import { DATA_DIR_FLAG, defineCommand } from '../command.ts';
import { UsageError } from '../arguments.ts';
import type { Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import type { PartOptions } from '#app/parts.ts';

const ALL_STAGES = 5;

export const startCommand = defineCommand(
  {
    name: 'start',
    summary: 'Runs the platform: the feed, every stage and every active broker, until Ctrl-C.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      brokers: { kind: 'text', value: 'LIST', help: 'Broker namespaces, such as paper,zerodha (ACTIVE_BROKERS).' },
      feed: { kind: 'text', value: 'SOURCE', help: 'simulator, or tape:PATH with a file or folder (FEED__SOURCE).' },
      speed: { kind: 'text', value: 'X|max', help: 'A factor of real time, or max (FEED__SPEED).' },
      stages: { kind: 'text', value: 'LIST', help: 'Only these stages; needs the distributed profile.' },
      lockstep: {
        kind: 'switch',
        value: '',
        help: 'With --stages: one tick at a time over all parts, for comparisons.',
      },
      'data-dir': DATA_DIR_FLAG,
      port: { kind: 'text', value: 'N', help: 'The port of the HTTP server (API__PORT).' },
      once: { kind: 'switch', value: '', help: 'End with 0 when the tape is done; listen only with --port.' },
    },
    notes: [
      'Starting again with the same data directory goes on where the last run stopped, however it stopped.',
      'Settings come from the environment and .env too; `alpha-panda config` shows those in force.',
    ],
  },
  async ({ flags }, io) => {
    const loaded = await settingsFor(
      io,
      {
        ACTIVE_BROKERS: flags.brokers,
        FEED__SOURCE: flags.feed,
        FEED__SPEED: flags.speed,
        DATA_DIR: flags['data-dir'],
        API__PORT: flags.port,
      },
      true,
    );
    const { settings, notices, warnings } = loaded;
    const part = await partFor(flags.stages, flags.lockstep, settings.profile);
    await tellWarnings(io, warnings);
    if (flags.once && settings.feed.source.kind !== 'tape') {
      await io.stderr.write('warning --once: this feed has no end; only a tape is ever done\n');
    }
    const { runStart } = await import('#app/start.ts');
    const { settingsInForce } = await import('#app/config/render-settings.ts');
    const mode = { once: flags.once, listen: !flags.once || flags.port !== undefined };
    return runStart({ settings, notices, ...mode, part, inForce: settingsInForce(loaded) });
  },
);

/** What `--stages` asks for; nothing when every stage runs here. */
async function partFor(list: string | undefined, lockstep: boolean, profile: string): Promise<PartOptions | undefined> {
  if (list === undefined) {
    if (lockstep)
      throw new UsageError('--lockstep keeps the parts of a split deployment in step; name some with --stages');
    return undefined;
  }
  if (profile === 'embedded') {
    throw new UsageError('--stages needs PROFILE=distributed: the embedded profile runs every stage in one process');
  }
  const { parseStages } = await import('#app/parts.ts');
  const stages = parseStages(list);
  if (stages.length === ALL_STAGES) return undefined;
  return { stages, lockstep };
}

async function tellWarnings(io: Io, warnings: readonly SettingsProblem[]): Promise<void> {
  if (warnings.length === 0) return;
  const { formatProblem } = await import('#app/config/problem.ts');
  await io.stderr.write(warnings.map((warning) => `${formatProblem(warning)}\n`).join(''));
}
