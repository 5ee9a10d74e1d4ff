// Why a start failed, for the one who has to mend it.
import { ListenError } from '#api/server.ts';
import { type Logger } from '#ports/telemetry.ts';
import { DeploymentError } from './deployments.ts';
import { UsageError } from './feeds.ts';
import { StoodByError } from './foundation.ts';

/** The start was refused for a reason that has been logged already. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** Says what went wrong, for the one who has to mend it; 2 for wrong usage or configuration, else 1. */
export function explain(error: unknown, logger: Logger): number {
  if (error instanceof StartRefused) return 1;
  if (error instanceof StoodByError) {
    logger.info(`Stopped: ${error.message}`);
    return 0;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError || error instanceof DeploymentError) {
    logger.critical(message);
    return 2;
  }
  const known = error instanceof ListenError || (error instanceof Error && KNOWN_ERRORS.has(error.name));
  logger.critical(known ? message : `Application failed: ${message}`, known ? {} : { error });
  return 1;
}

const KNOWN_ERRORS: ReadonlySet<string> = new Set([
  'StoreError',
  'LogError',
  'FeedError',
  'CalendarError',
  'CalendarDataError',
  'DataFileError',
  'InstrumentError',
]);
