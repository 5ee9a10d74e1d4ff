// The channels over which people are told, as the settings ALERTS__… say, and what is on its way over them. Each has a queue
// of its own: one that hangs holds up no other, and nothing waits for any of them.
import { emailChannel } from '#adapters/alert-channels/email.ts';
import { telegramChannel } from '#adapters/alert-channels/telegram.ts';
import { webhookChannel } from '#adapters/alert-channels/webhook.ts';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { type Notice } from '#core/alerts/alert-book.ts';
import { anchorOf, kindOf, SEVERITIES, type AlertSeverity } from '#core/alerts/catalogue.ts';
import { formatInstant, SECOND_MS, type EpochMs } from '#core/time.ts';
import { type AlertChannel, type AlertMessage } from '#ports/alert-channel.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from '../config/settings-schema.ts';

const TIMEOUT_MS = 10 * SECOND_MS;
const ATTEMPT_AFTER_MS = [0, SECOND_MS, 5 * SECOND_MS] as const;
/** More than this does not wait: the log has them all. */
const WAITING_MAX = 100;

export function channelsOf({ alerts }: Pick<Settings, 'alerts'>, clock: Clock): readonly AlertChannel[] {
  const { webhookUrl: url, webhookSecret: secret, telegramToken: token, telegramChatId: chatId } = alerts;
  const { emailUrl, emailFrom: from, emailTo: to } = alerts;
  return [
    ...(url === '' ? [] : [webhookChannel({ url, secret, now: () => clock.now() })]),
    ...(token === '' ? [] : [telegramChannel({ root: alerts.telegramRoot, token, chatId })]),
    ...(emailUrl === '' ? [] : [emailChannel({ url: emailUrl, from, to })]),
  ];
}

/** Tries the channels of the settings. */
export async function tryOwnChannels(settings: Pick<Settings, 'alerts'>): ReturnType<typeof tryChannels> {
  const clock = systemClock();
  return tryChannels(channelsOf(settings, clock), clock.now());
}

/** Sends a message over every channel once; what each of them failed with. */
export async function tryChannels(
  channels: readonly AlertChannel[],
  at: EpochMs,
): Promise<readonly { readonly name: string; readonly trouble: string | undefined }[]> {
  const message: AlertMessage = {
    kind: 'test',
    id: undefined,
    code: 'TEST',
    severity: 'warning',
    broker: undefined,
    subject: 'alerts',
    text: 'somebody tries whether alerts arrive here',
    remedy: 'nothing',
    runbook: 'docs/runbook.md#alerts',
    at: formatInstant(at),
  };
  return Promise.all(
    channels.map(async (channel) => ({
      name: channel.name,
      trouble: await channel.send(message, AbortSignal.timeout(TIMEOUT_MS)).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      ),
    })),
  );
}

interface Line {
  readonly channel: AlertChannel;
  readonly waiting: AlertMessage[];
  trouble: string | undefined;
  sending: boolean;
}

export interface DeliveryOptions {
  readonly channels: readonly AlertChannel[];
  /** What is less serious is not sent. */
  readonly minSeverity: AlertSeverity;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #lines: readonly Line[];
  readonly #stop = new AbortController();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#lines = options.channels.map((channel) => ({ channel, waiting: [], trouble: undefined, sending: false }));
  }

  /** What each channel failed with last; undefined once it has taken something again. */
  troubles(): readonly { readonly name: string; readonly trouble: string | undefined }[] {
    return this.#lines.map(({ channel: { name }, trouble }) => ({ name, trouble }));
  }

  /** Puts the notice on its way. Never throws, never waits. */
  tell(notice: Notice, at: EpochMs): void {
    const { minSeverity } = this.#options;
    if (SEVERITIES.indexOf(notice.alert.severity) < SEVERITIES.indexOf(minSeverity)) return;
    this.#send(messageFor(notice, at));
  }

  /** Puts the summary of a namespace's day on its way. */
  summarise(broker: string, text: string, at: EpochMs): void {
    const about = { id: undefined, code: 'SUMMARY', severity: 'warning', broker, subject: 'day', text } as const;
    const message = { ...about, kind: 'summary', remedy: 'nothing', runbook: 'docs/guides/alerts.md' } as const;
    this.#send({ ...message, at: formatInstant(at) });
  }

  #send(message: AlertMessage): void {
    for (const line of this.#lines) {
      const { name } = line.channel;
      // The alert about a channel is of no use on that channel.
      if (message.code === 'CHANNEL_FAILED' && message.subject === name) continue;
      if (line.waiting.length === WAITING_MAX) {
        this.#options.logger.warning(`An alert is not sent over ${name}: ${WAITING_MAX} are waiting`, {
          alert: message.id,
        });
        continue;
      }
      line.waiting.push(message);
      if (!line.sending) void this.#drain(line);
    }
  }

  /** What is still waiting is not sent. */
  close(): void {
    this.#stop.abort();
  }

  async #drain(line: Line): Promise<void> {
    line.sending = true;
    for (let message = line.waiting.shift(); message !== undefined; message = line.waiting.shift()) {
      const trouble = await this.#deliver(line.channel, message);
      if (this.#stop.signal.aborted) break;
      if (trouble !== undefined && trouble !== line.trouble) {
        this.#options.logger.warning(`Alerts do not arrive over ${line.channel.name}: ${trouble}`);
      }
      line.trouble = trouble;
    }
    line.sending = false;
  }

  async #deliver(channel: AlertChannel, message: AlertMessage): Promise<string | undefined> {
    let trouble: string | undefined;
    for (const afterMs of ATTEMPT_AFTER_MS) {
      if (afterMs > 0) await this.#options.clock.sleep(afterMs, this.#stop.signal);
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      trouble = await channel.send(message, signal).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
      if (trouble === undefined || this.#stop.signal.aborted) break;
    }
    return trouble;
  }
}

function messageFor({ kind, alert }: Notice, at: EpochMs): AlertMessage {
  const { id, code, severity, broker, subject, text } = alert;
  const { remedy } = kindOf(code);
  const runbook = `docs/runbook.md#${anchorOf(code)}`;
  return { kind, id, code, severity, broker, subject, text, remedy, runbook, at: formatInstant(at) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
