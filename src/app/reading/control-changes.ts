// Which deployments stand still, and why: folded from the control topics, as the strategy runner folds them.
import { refusedOffsets } from '#engine/refused.ts';
import type { BrokerId } from '#core/ids.ts';
import type { StoreReader } from '#ports/store.ts';
import { topic } from '#wire/topics.ts';

export interface Stopped {
  readonly how: 'quarantined' | 'disabled';
  readonly who: string;
  readonly why: string;
  readonly ts: string;
}

const PAGE = 512;

/** The stopped deployments of a namespace, by strategy id. */
export function stoppedStrategies(reader: StoreReader, broker: string): ReadonlyMap<string, Stopped> {
  const name = topic(broker as BrokerId, 'control.changes');
  const refused = refusedOffsets(reader, name);
  const stopped = new Map<string, Stopped>();
  for (let page = reader.read(name, 0, PAGE), last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const { offset, value } of page) if (!refused.has(offset)) fold(JSON.parse(value) as ChangeText, stopped);
    page = reader.read(name, last.offset + 1, PAGE);
  }
  return stopped;
}

interface ChangeText {
  readonly ts: string;
  readonly data: { readonly action: string; readonly subject: string; readonly who: string; readonly why: string };
}

function fold({ ts, data }: ChangeText, stopped: Map<string, Stopped>): void {
  const { action, subject, who, why } = data;
  if (action === 'strategy_quarantined') stopped.set(subject, { how: 'quarantined', who, why, ts });
  else if (action === 'strategy_disabled') stopped.set(subject, { how: 'disabled', who, why, ts });
  else if (action === 'strategy_enabled') stopped.delete(subject);
}
