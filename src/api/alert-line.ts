// An alert as the API and the command line tell it.
import { type Alert } from '#core/alerts/alert-book.ts';
import { anchorOf, kindOf } from '#core/alerts/catalogue.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import type { AlertLine } from './contract.ts';

export function alertLine(alert: Alert): AlertLine {
  const { id, code, severity, state, subject, text, count, escalation, acknowledged } = alert;
  return {
    id,
    code,
    severity,
    state,
    broker: alert.broker ?? null,
    subject,
    text,
    remedy: kindOf(code).remedy,
    runbook: `docs/runbook.md#${anchorOf(code)}`,
    since: formatInstant(alert.since),
    last_at: formatInstant(alert.lastAt),
    resolved_at: instantOf(alert.resolvedAt),
    count,
    escalation,
    acknowledged: acknowledged === undefined ? null : { ...acknowledged, at: formatInstant(acknowledged.at) },
  };
}

function instantOf(at: EpochMs | undefined): string | null {
  return at === undefined ? null : formatInstant(at);
}
