// Every kind of trouble that an alert may be about: how serious it is, how long it must hold, and what to do first. What
// follows after that stands in the runbook, under a heading that is the code itself.

/** From what somebody should see today to what somebody must see now. */
export const SEVERITIES = ['warning', 'error', 'critical'] as const;
export type AlertSeverity = (typeof SEVERITIES)[number];

interface AlertKind {
  readonly severity: AlertSeverity;
  /** It must have held so long before anybody is told; 0 for what is told at once. */
  readonly holdMs: number;
  /** What happens once has ended when it has not happened again for so long; undefined for what is seen to end. */
  readonly quietMs: number | undefined;
  /** What to do first. */
  readonly remedy: string;
}

const MINUTE_MS = 60_000;

function lasting(severity: AlertSeverity, holdMs: number, remedy: string): AlertKind {
  return { severity, holdMs, quietMs: undefined, remedy };
}

function happening(severity: AlertSeverity, remedy: string): AlertKind {
  return { severity, holdMs: 0, quietMs: 15 * MINUTE_MS, remedy };
}

export const ALERTS = {
  ORDER_REJECTED: happening('error', 'read the reason, and mend the order terms, the funds or the deployment'),
  ORDER_UNKNOWN: lasting(
    'critical',
    0,
    'look for the order in the order book of the broker; send nothing again by hand',
  ),
  ORDER_STUCK: lasting('critical', 0, 'look whether the broker answers, and for the order in its order book'),
  SIGNAL_REJECTED: happening('warning', 'see which limit refused it: alpha-panda limits show'),
  SIGNAL_STALE: happening('warning', 'see what held the signal up: lag, a slow disk or a broker that was away'),
  EXIT_TROUBLE: happening('critical', 'look at the open position, and end it by hand if it must end'),
  RECONCILIATION_BREAK: lasting(
    'critical',
    0,
    'compare the account with the books; say with alpha-panda external what is not ours',
  ),
  LOSS_LIMIT: happening('critical', 'look at the book before you release it: alpha-panda portfolio'),
  TRADING_HALTED: lasting('critical', 0, 'find out why, then alpha-panda release'),
  TRADING_REDUCED: lasting('error', 0, 'find out why, then alpha-panda release'),
  STRATEGY_QUARANTINED: lasting(
    'error',
    0,
    'read its failure in the trading log, mend it, then alpha-panda strategies enable',
  ),
  BROKER_DISARMED: lasting('warning', 0, 'when the account is in order: alpha-panda arm'),
  SELF_TEST_FAILED: happening('critical', 'keep the broker disarmed until every control of the gate fires'),
  ENGINE_ALERT: happening('error', 'read the message, and the trading log around it'),
  DEAD_LETTERS: happening('error', 'read them with alpha-panda dlq, then replay or discard them'),
  FEED_STALLED: lasting('critical', 0, 'look whether the feed is signed in and the line stands'),
  FEED_TOKEN: lasting('critical', 0, 'sign in: alpha-panda login'),
  BROKER_TOKEN: lasting('critical', 0, 'sign in to the account of the namespace: alpha-panda login'),
  MARKET_DATA_LATE: lasting('error', 2_000, 'look at the load of the machine and at its line to the market'),
  FLOW_STALLED: lasting('error', 0, 'see which stage stands still: GET /api/v1/pipeline'),
  CONSUMER_LAG: lasting('error', 5_000, 'see which group is behind: alpha-panda topics'),
  CHECK_FAILED: lasting('error', 0, 'mend what the check names: alpha-panda doctor'),
  PLATFORM_FAILED: happening('critical', 'start it again; what was committed is there: alpha-panda start'),
  AUDIT_BROKEN: lasting(
    'critical',
    0,
    'keep the trail as it is, and find out who can write it: alpha-panda audit verify',
  ),
  ACCESS_REFUSED: happening(
    'error',
    'see who it is in the audit trail, and shut the address out: alpha-panda audit list',
  ),
  LOOP_BLOCKED: happening('error', 'see what held the process up: a slow disk, a machine without time, a strategy'),
  MEMORY_HIGH: lasting('error', 0, 'see what takes the memory, and restart outside market hours'),
  CPU_HIGH: lasting('warning', 10_000, 'see what takes the processor, and move it off this machine'),
  DISK_FULL: lasting('critical', 0, 'make room on the disk of DATA_DIR: old backups and logs first'),
  CHANNEL_FAILED: lasting('error', 0, 'mend the channel, then alpha-panda alerts test'),
  SUBSCRIPTION_DEAD: lasting('error', 0, 'mend the address, then alpha-panda subscriptions resume'),
  CLOCK_JUMPED: happening('error', 'look at the time service of the machine'),
} as const satisfies Readonly<Record<string, AlertKind>>;

export type AlertCode = keyof typeof ALERTS;

export function kindOf(code: AlertCode): AlertKind {
  return ALERTS[code];
}

/** Where the runbook says what to do, as a part of `docs/runbook.md`. */
export function anchorOf(code: AlertCode): string {
  return code.toLowerCase();
}
