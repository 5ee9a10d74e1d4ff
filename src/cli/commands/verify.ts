// `alpha-panda verify`: rebuilds everything from the log and compares; 1 and the first difference when something is off.
import type { VerifyReport } from '#app/reading/verify.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, printable } from '../io.ts';
import { progress } from '../progress.ts';
import { settingsFor } from '../settings.ts';

export const verifyCommand = defineCommand(
  {
    name: 'verify',
    summary: 'Rebuilds everything from the log and compares it with every event, snapshot and book that is stored.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'Begins with the first input, or with the oldest snapshot kept when earlier inputs are held no longer.',
      'Reads one committed moment; the platform may run beside it. Exit code 1 names the first difference.',
    ],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { runVerify } = await import('#app/reading/verify.ts');
    const line = progress(io, 'verifying');
    const reports = await runVerify(settings, line.show);
    await line.done();
    if (flags.json) await io.stdout.write(jsonText(jsonOf(reports)));
    else for (const report of reports) await io.stdout.write(asText(report));
    return reports.every(({ difference }) => difference === undefined) ? EXIT.good : EXIT.no;
  },
);

/** One report, or one for each part of a deployment whose stages run apart. */
function jsonOf(reports: readonly VerifyReport[]): unknown {
  const [first] = reports;
  if (first !== undefined && first.part === undefined) return asJson(first);
  const equal = reports.every(({ difference }) => difference === undefined);
  return { equal, parts: reports.map((report) => ({ part: report.part, ...asJson(report) })) };
}

function asText(report: VerifyReport): string {
  const { fromSnapshot, inputs, ticks, events, gone, snapshots, books, difference } = report;
  const start = fromSnapshot === 0 ? 'from the first input' : `from the snapshot at input ${fromSnapshot}`;
  const compared = `${inputs} inputs, ${ticks} ticks, ${events} events, ${snapshots} snapshots, ${books} books`;
  const past = gone === 0 ? '' : ` (${gone} events are held no longer)`;
  const of = report.part === undefined ? '' : `${report.part}: `;
  const head = `${of}compared ${start}: ${compared}${past}\n`;
  if (difference === undefined) return `${head}equal\n`;
  const { where, offset, expected, found } = difference;
  const place = offset === undefined ? where : `${where}, offset ${offset}`;
  return `${head}different at ${place}\nexpected ${printable(expected)}\nfound    ${printable(found)}\n`;
}

function asJson(report: VerifyReport): object {
  const { fromSnapshot, inputs, ticks, events, gone, snapshots, books, difference = null } = report;
  const equal = difference === null;
  return { equal, from_snapshot: fromSnapshot, inputs, ticks, events, events_gone: gone, snapshots, books, difference };
}
