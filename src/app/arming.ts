// Whether a broker may be armed: real orders follow real prices only, and only through a gate whose every control answers.
import { type NamespacePlan } from '#core/plan.ts';
import { silentControls } from '#core/risk/self-test.ts';
import { type BrokerSettings } from './config/brokers.ts';
import { type FeedSource } from './config/setting.ts';

/** Why a broker cannot be armed; undefined when it can. */
export function armingTrouble(
  terms: NamespacePlan,
  mode: BrokerSettings['mode'],
  feed: FeedSource['kind'],
): string | undefined {
  const { broker } = terms;
  if (mode === 'live' && feed !== 'zerodha') {
    const source = feed === 'tape' ? 'a tape' : 'the simulator';
    return `${broker} sends real orders and its ticks come from ${source}; set FEED__SOURCE to the broker's own feed first`;
  }
  const silent = silentControls(terms);
  if (silent.length === 0) return undefined;
  return `the self-test of the risk gate of ${broker} failed: ${silent.join(', ')} did not fire; see alpha-panda doctor`;
}
