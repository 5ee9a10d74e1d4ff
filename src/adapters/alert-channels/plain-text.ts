// An alert as a person reads it where there is only text.
import type { AlertMessage } from '#ports/alert-channel.ts';

export function textOf({ kind, code, severity, broker, subject, text, remedy, runbook, at }: AlertMessage): string {
  const where = broker === undefined ? subject : `${broker}, ${subject}`;
  const head = `${kind.toUpperCase()} ${severity} ${code} (${where})`;
  return [head, text, `What to do: ${remedy}`, `${runbook} – ${at}`].join('\n');
}
