// Alerts as plain e-mail over SMTP. To another machine it is encrypted or not sent: an alert says what is held and what is wrong.
import type { AlertChannel, AlertMessage } from '#ports/alert-channel.ts';
import { textOf } from './plain-text.ts';

export interface EmailOptions {
  /** `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://` for a server that changes over to TLS, or on this machine. */
  readonly url: string;
  readonly from: string;
  /** Addresses with commas between them. */
  readonly to: string;
}

const PORTS = { 'smtps:': 465, 'smtp:': 587 } as const;
const WAIT_MS_MAX = 10_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export function emailChannel({ url, from, to }: EmailOptions): AlertChannel {
  return {
    name: 'email',
    send: async (message, signal) => {
      const letter = { from, to, subject: subjectOf(message), text: textOf(message) };
      const trouble = await sent(url, letter, signal);
      if (trouble !== undefined) throw new Error(trouble);
    },
  };
}

/** Why the server did not take it; undefined when it did. The error itself may repeat the name or the password. */
async function sent(url: string, letter: object, signal: AbortSignal): Promise<string | undefined> {
  // Loaded by whoever sends: a start without e-mail does without it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(serverOf(url));
  const giveUp = (): void => transport.close();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await transport.sendMail(letter);
    return undefined;
  } catch (error) {
    return signal.aborted ? 'no answer in time' : reasonOf(error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    transport.close();
  }
}

function serverOf(text: string) {
  const { protocol, hostname, port, username, password } = new URL(text);
  const secure = protocol === 'smtps:';
  const user = decodeURIComponent(username);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? PORTS[secure ? 'smtps:' : 'smtp:'] : Number(port),
    secure,
    requireTLS: !secure && !LOOPBACK.test(hostname),
    ignoreTLS: !secure && LOOPBACK.test(hostname),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(password) } }),
    connectionTimeout: WAIT_MS_MAX,
    greetingTimeout: WAIT_MS_MAX,
    socketTimeout: WAIT_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** What a mailbox shows in its list. */
function subjectOf({ kind, code, severity, broker, subject }: AlertMessage): string {
  return `[${severity}] ${kind}: ${code} ${broker === undefined ? subject : `${broker}, ${subject}`}`;
}

/** The code of the system or of the server. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the server did not take it';
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
  if (typeof responseCode === 'number') return `the server answered ${responseCode}`;
  return typeof code === 'string' ? `no connection: ${code}` : error.name;
}
