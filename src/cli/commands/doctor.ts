// `alpha-panda doctor`: a line for each check, with what to do about those that are not well.
import type { Finding } from '#app/reading/doctor.ts';
import type { EpochMs } from '#core/time.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, printable, type Io } from '../io.ts';

export const doctorCommand = defineCommand(
  {
    name: 'doctor',
    summary: 'Checks this machine, the settings and the data directory, and says what to do. 1 when a check fails.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [],
  },
  async ({ flags }, io) => {
    const { examine } = await import('#app/reading/doctor.ts');
    const findings = await examine({
      env: io.env,
      folder: io.folder,
      overrides: { DATA_DIR: flags['data-dir'] },
      now: Date.now() as EpochMs,
      nodeVersion: process.versions.node,
    });
    await io.stdout.write(flags.json ? jsonText(findings) : asText(findings, io));
    return findings.some(({ level }) => level === 'fail') ? EXIT.no : EXIT.good;
  },
);

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function asText(findings: readonly Finding[], io: Io): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ level, check, text }) => {
    const body = text
      .split('\n')
      .map(printable)
      .join('\n' + ' '.repeat(width + 8));
    return `${paint(io, STYLES[level], level.padEnd(4))}  ${check.padEnd(width)}  ${body}\n`;
  });
  return lines.join('');
}
