// `alpha-panda audit`: who did what and what became of every order, as a chain that shows whether anybody changed it.
import { formatInstant, type EpochMs } from '#core/time.ts';
import type { AuditEntry } from '#app/reading/audit.ts';
import { oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

const ACTIONS = ['list', 'show', 'verify', 'head'] as const;
const HASH = /^[0-9a-f]{64}$/;

export const auditCommand = defineCommand(
  {
    name: 'audit',
    summary: 'Lists the audit trail, shows an entry, proves that none was changed, or prints its newest hash.',
    operands: 'list|show SEQ|verify|head',
    operandsMin: 1,
    operandsMax: 2,
    flags: {
      from: { kind: 'text', value: 'SEQ', help: 'list: begin with this entry; with the first unless given.' },
      head: { kind: 'text', value: 'HASH', help: 'verify: also find this hash, which head printed before.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Keep what head prints on another machine: whoever can write the whole trail anew cannot write that.',
      'verify names the first entry that was altered, deleted, put in or moved, and exits with 1.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [given = '', operand] = operands;
    const action = oneOf('audit', given, ACTIONS);
    if (action === 'show' && operand === undefined) throw new UsageError('expected SEQ behind show');
    if (action !== 'show' && operand !== undefined) throw new UsageError(`"${operand}" is one argument too many`);
    if (flags.head !== undefined && !HASH.test(flags.head)) {
      throw new UsageError(
        `expected --head to be 64 hexadecimal digits as audit head prints them, found ${flags.head}`,
      );
    }
    const seq = wholeNumber(action === 'show' ? 'SEQ' : 'from', operand ?? flags.from ?? '1', 1);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { auditEntries, auditHead, verifyAudit } = await import('#app/reading/audit.ts');
    if (action === 'head') {
      const head = auditHead(settings);
      await io.stdout.write(flags.json ? jsonText(head) : `${head.seq} ${head.hash}\n`);
      return EXIT.good;
    }
    if (action === 'verify') {
      const { head, broken } = verifyAudit(settings, flags.head);
      const answer = { sound: broken === undefined, entries: head.seq, hash: head.hash, broken: broken ?? null };
      const text = `${head.seq} entries are sound, up to the hash ${head.hash}\n${broken === undefined ? '' : `${broken}\n`}`;
      await io.stdout.write(flags.json ? jsonText(answer) : printableLines(text));
      return broken === undefined ? EXIT.good : EXIT.no;
    }
    let isThere = action === 'list';
    for (const page of auditEntries(settings, seq)) {
      const entries = action === 'list' ? page : page.filter((entry) => entry.seq === seq);
      isThere ||= entries.length > 0;
      const lineOf = flags.json || action === 'show' ? jsonOf : forPeople;
      await io.stdout.write(entries.map((entry) => `${lineOf(entry)}\n`).join(''));
      if (io.stdout.closed || action === 'show') break;
    }
    if (!isThere) throw new UsageError(`there is no entry ${seq}; audit head says how many there are`);
    return EXIT.good;
  },
);

function jsonOf({ seq, at, kind, source, body, previous, hash }: AuditEntry): string {
  const place = source === undefined ? null : `${source.topic}:${source.offset}`;
  return JSON.stringify({ seq, at: formatInstant(at as EpochMs), kind, source: place, body, previous, hash });
}

const SEQ_WIDTH = 8;

function forPeople({ seq, at, kind, body }: AuditEntry): string {
  return printable(`${`${seq}`.padStart(SEQ_WIDTH)}  ${formatInstant(at as EpochMs)}  ${kind}  ${body}`);
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
