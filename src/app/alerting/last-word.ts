// What is told when the platform ends without having been told to: once over every channel, because whoever would try again is
// gone a moment later.
import { anchorOf, kindOf } from '#core/alerts/catalogue.ts';
import { formatInstant, SECOND_MS } from '#core/time.ts';
import { type AlertMessage } from '#ports/alert-channel.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from '../config/settings-schema.ts';
import { channelsOf, messageOf } from './channels.ts';

const CODE = 'PLATFORM_FAILED';
const TIMEOUT_MS = 5 * SECOND_MS;

/** Waits for the channels a few seconds. Never rejects: the error that ends the platform is the one that counts. */
export async function tellLastWord(
  settings: Pick<Settings, 'alerts'>,
  error: unknown,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  const { severity, remedy } = kindOf(CODE);
  const message: AlertMessage = {
    kind: 'fired',
    id: undefined,
    code: CODE,
    severity,
    broker: undefined,
    subject: 'platform',
    text: `the platform ends, and trades no more: ${messageOf(error)}`,
    remedy,
    runbook: `docs/runbook.md#${anchorOf(CODE)}`,
    at: formatInstant(clock.now()),
  };
  await Promise.all(
    channelsOf(settings, clock).map(async (channel) => {
      try {
        await channel.send(message, AbortSignal.timeout(TIMEOUT_MS));
      } catch (failure) {
        logger.warning(`The end is not told over ${channel.name}: ${messageOf(failure)}`);
      }
    }),
  );
}
