// `npm run campaign -- --apart-day TAPE`: a whole tape at speed in five processes on servers of its own. What each stage applied,
// in its order, replayed in one process gives its state; the books are the fold of the fills; every signal was answered once.
import assert from 'node:assert/strict';
import { type Place } from '../../test/e2e/support/place.ts';
import { lastWords } from '../../test/e2e/support/processes.ts';
import { checkApart, type ApartCounts } from '../../test/services/apart-checks.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { startServers, type Ends } from './started-servers.ts';

const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const LIFE = { lifeMsMax: 3_600_000 };

export interface ApartDay extends ApartCounts {
  readonly seconds: number;
  readonly sha256: string;
}

/** Plays a tape in five processes and holds what they left to each other. Throws what does not hold. */
export async function playApart(tape: string): Promise<ApartDay> {
  const [ends, servers]: readonly [Ends, Ends] = [[], []];
  try {
    const { where } = await startServers(servers);
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    const { place } = await Deployment.make(context, {}, where);
    const began = performance.now();
    await runParts(place, tape);
    const seconds = (performance.now() - began) / 1_000;
    const counts = await checkApart(place, STAGES.length);
    assert.ok(counts.fills > 0, 'nothing was filled: books that are the fold of no fills prove nothing');
    return { seconds, ...counts, sha256: place.sha256() };
  } finally {
    for (const end of [...ends, ...servers]) await end();
  }
}

async function runParts(place: Place, tape: string): Promise<void> {
  const flags = ['--feed', `tape:${tape}`, '--speed', 'max', '--once'];
  const programs = STAGES.map((stage) => place.program(['start', '--stages', stage, ...flags], {}, LIFE));
  for (const [k, program] of programs.entries()) {
    const ended = await program.ended;
    assert.equal(ended.code, 0, `${STAGES[k]}: ${lastWords(ended)}`);
  }
}
