// The rules of W1 over a tape of any length, streamed from its file through the pipeline; the answer, and at its end how much
// memory the process had at its peak.
import { Tally } from '#app/backtest.ts';
import { openWorkbench, tapeRules } from '#app/research/prepare.ts';
import { streamTape } from '#app/research/tick-source.ts';
import { TickBatch } from '#core/market/tick.ts';
import { Cascade } from '#engine/cascade.ts';
import { resultOf, w1Settings } from './w1-setup.ts';

const [path = '', capital = '10000000'] = process.argv.slice(2);
const settings = w1Settings(capital);
const source = await streamTape(path, tapeRules(settings));
const { calendar, catalogue, planOf } = await openWorkbench(settings, source.instruments, 'sma_crossover');
const tally = new Tally();
const cascade = new Cascade({ catalogue, calendar: () => calendar, sink: tally });
cascade.replan(planOf({ fast: '10', slow: '30', quantity: '10' }));
const batch = new TickBatch(settings.feed.batchTicks, false);
const sourceOf = (instrument: number): string => source.sources[instrument] as string;
let ticks = 0;
while (await source.next(batch)) {
  cascade.onTicks(batch, 0, batch.count, sourceOf);
  ticks += batch.count;
  batch.clear();
}
await source.close();
const result = resultOf({ cascade, tally }, ticks);
console.log(JSON.stringify({ result, peak_kib: process.resourceUsage().maxRSS }));
