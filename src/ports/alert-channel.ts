// A way on which people are told of alerts.

export interface AlertMessage {
  readonly kind: 'fired' | 'escalated' | 'resolved' | 'summary' | 'test';
  /** Names the alert; undefined for what is about none. */
  readonly id: string | undefined;
  readonly code: string;
  readonly severity: string;
  /** Undefined for what is of no namespace. */
  readonly broker: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly remedy: string;
  readonly runbook: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface AlertChannel {
  readonly name: string;
  /** Resolves when the other side has taken the message; else rejects with a message that holds no secret. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}
