// One fault after another into a platform that runs, and for each the time until its alert has arrived where people are told
// of it and stands in the API, with a page of the runbook behind it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alert as alertShape } from '#api/contract.ts';
import { type AlertCode } from '#core/alerts/catalogue.ts';
import { type AlertMessage } from '#ports/alert-channel.ts';
import { projectRoot } from '../pinned-node.mjs';
import { type Receiver } from './receiver.ts';

export interface Expected {
  readonly code: AlertCode;
  /** A part of the subject; any one unless it is given. */
  readonly subject?: string;
  /** The platform ends with it, so nobody can be asked afterwards. */
  readonly isLast?: boolean;
}

export interface Fault {
  readonly name: string;
  readonly expects: readonly Expected[];
  readonly inject: () => unknown;
  /** Puts right what would be in the way of the faults behind it. */
  readonly mend?: () => unknown;
}

export interface Line {
  readonly fault: string;
  readonly code: AlertCode;
  /** From the fault to the alert; undefined when it did not come. */
  readonly seconds: number | undefined;
  /** What is wrong; undefined when nothing is. */
  readonly trouble: string | undefined;
}

export interface Watched {
  readonly receiver: Receiver;
  /** The address of the API, and who asks it. */
  readonly api: string;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly told: (line: Line) => void;
}

/** An alert that takes longer is a defect of the platform. */
export const SECONDS_MAX = 30;
const PATIENCE_MS = 45_000;
const LOOK_MS = 20;

export async function drill(faults: readonly Fault[], watched: Watched): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const fault of faults) {
    const from = watched.receiver.arrived.length;
    const injectedAt = performance.now();
    await fault.inject();
    for (const expected of fault.expects) {
      const line = await lineOf(fault, expected, { from, injectedAt }, watched);
      lines.push(line);
      watched.told(line);
    }
    await fault.mend?.();
  }
  return lines;
}

async function lineOf(
  { name }: Fault,
  { code, subject = '', isLast = false }: Expected,
  { from, injectedAt }: { readonly from: number; readonly injectedAt: number },
  watched: Watched,
): Promise<Line> {
  const isIt = ({ kind, code: found, subject: of }: AlertMessage): boolean =>
    kind === 'fired' && found === code && of.includes(subject);
  const line = { fault: name, code };
  for (;;) {
    const found = watched.receiver.arrived.slice(from).find(({ message }) => isIt(message));
    if (found !== undefined) {
      const seconds = (found.atMs - injectedAt) / 1_000;
      const late = seconds <= SECONDS_MAX ? undefined : `it took longer than ${SECONDS_MAX} s`;
      const hidden = isLast ? undefined : await notInApi(found.message, watched);
      return { ...line, seconds, trouble: late ?? hidden ?? noPage(found.message) };
    }
    if (performance.now() - injectedAt > PATIENCE_MS) {
      const held = watched.receiver.arrived.slice(0, from).some(({ message }) => isIt(message));
      return { ...line, seconds: undefined, trouble: held ? 'it was told before the fault' : 'no alert came' };
    }
    await sleep(LOOK_MS);
  }
}

async function notInApi({ id, code }: AlertMessage, { api, headers }: Watched): Promise<string | undefined> {
  const answer = await fetch(`${api}/api/v1/alerts?limit=1000`, { headers: headers() });
  if (answer.status !== 200) return `the API answered ${answer.status}`;
  const { items } = (await answer.json()) as { readonly items: readonly unknown[] };
  const isThere = items.map((item) => alertShape.parse(item)).some((each) => each.id === id && each.code === code);
  return isThere ? undefined : 'it does not stand in GET /api/v1/alerts';
}

/** What is wrong with the page of the runbook that an alert names. */
function noPage({ runbook, remedy }: AlertMessage): string | undefined {
  const [path = '', anchor = ''] = runbook.split('#');
  const page = join(projectRoot, path);
  if (!existsSync(page)) return `there is no ${path}`;
  const sections = readFileSync(page, 'utf8').split(/^#+ /m);
  const section = sections.find((each) => each.split('\n', 1)[0]?.trim().toLowerCase().replaceAll(' ', '-') === anchor);
  if (section === undefined) return `${path} has no heading ${anchor}`;
  return /^- /m.test(section) && remedy !== '' ? undefined : `${path}#${anchor} says nothing to do`;
}
