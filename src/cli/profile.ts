// What a command can do in one profile only.
import type { Settings } from '#app/config/settings-schema.ts';
import { UsageError } from './arguments.ts';

/** Throws `UsageError` in the distributed profile, where `instead` does what was asked. */
export function demandEmbedded({ profile }: Settings, instead: string): void {
  if (profile === 'embedded') return;
  throw new UsageError(`this copies the files of the embedded profile; in the distributed one use ${instead}`);
}
