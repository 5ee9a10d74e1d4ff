// The alerts of a process as they outlive it, in a file of its working folder. Not in the store: an alert must be kept and
// acknowledged when the store is the trouble. What a person acknowledges from outside lies beside it until it is taken.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ALERT_STATES, type Alert } from '#core/alerts/alert-book.ts';
import { ALERTS, SEVERITIES, type AlertCode } from '#core/alerts/catalogue.ts';
import { type EpochMs } from '#core/time.ts';

const FILE = 'alerts.json';
const FOLDER = 'alerts-acknowledged';

const instant = z.int().transform((ms) => ms as EpochMs);
const said = { who: z.string(), why: z.string() };
const alerts = z.array(
  z.object({
    id: z.string().regex(/^\d+$/),
    code: z.enum(Object.keys(ALERTS) as AlertCode[]),
    broker: z.string().optional(),
    subject: z.string(),
    text: z.string(),
    severity: z.enum(SEVERITIES),
    state: z.enum(ALERT_STATES),
    since: instant,
    lastAt: instant,
    resolvedAt: instant.optional(),
    count: z.int(),
    escalation: z.int(),
    acknowledged: z.object({ ...said, at: instant }).optional(),
    toldAt: instant.optional(),
  }),
);
const acknowledgement = z.object({ id: z.string(), ...said });

export type Acknowledgement = z.infer<typeof acknowledgement>;

/** The alerts that the folder keeps; none when there is no file. Throws when it is no file of alerts. */
export function readAlerts(folder: string): readonly Alert[] {
  const path = join(folder, FILE);
  if (!existsSync(path)) return [];
  try {
    return alerts.parse(JSON.parse(readFileSync(path, 'utf8'))).map((each) => ({
      ...each,
      broker: each.broker,
      resolvedAt: each.resolvedAt,
      acknowledged: each.acknowledged,
      toldAt: each.toldAt,
    }));
  } catch (error) {
    throw new Error(`expected alerts in ${path}; it was written by another version, or by hand`, { cause: error });
  }
}

/** Makes room for a new file, and keeps the one that is there for a person. */
export function putAside(folder: string): void {
  renameSync(join(folder, FILE), join(folder, `${FILE}.unreadable`));
}

export function writeAlerts(folder: string, list: readonly Alert[]): void {
  replace(join(folder, FILE), list);
}

/** Leaves word for the process that keeps the alerts of the folder. */
export function leaveAcknowledgement(folder: string, given: Acknowledgement): void {
  mkdirSync(join(folder, FOLDER), { recursive: true, mode: 0o700 });
  replace(join(folder, FOLDER, `${given.id}.json`), given);
}

/** What was left since the last time, which is taken away. What is no acknowledgement is handed to `refused`. */
export function takeAcknowledgements(folder: string, refused: (path: string) => void): readonly Acknowledgement[] {
  const where = join(folder, FOLDER);
  if (!existsSync(where)) return [];
  const names = readdirSync(where).filter((name) => name.endsWith('.json'));
  return names.flatMap((name) => {
    const path = join(where, name);
    const read = acknowledgement.safeParse(parsed(readFileSync(path, 'utf8')));
    rmSync(path);
    if (read.success) return [read.data];
    refused(path);
    return [];
  });
}

function replace(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
