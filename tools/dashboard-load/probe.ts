// Loaded into a platform before anything else: how long the oldest tick of each batch took, from the moment at which the simulated
// market had it due until the turn that took it was committed. On SIGUSR2 what was measured since the last one is written out.
import { writeFileSync } from 'node:fs';
import { MarketPace } from '#adapters/simulated-feed/market-pace.ts';
import { Pump } from '#engine/pump.ts';

let samples: number[] = [];
let late = 0;
let readAt = 0;

// oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
const { marketTime } = MarketPace.prototype;
MarketPace.prototype.marketTime = function timed(next) {
  const time = marketTime.call(this, next);
  readAt = performance.now();
  late = time - next;
  return time;
};
// oxlint-disable-next-line typescript/unbound-method -- the same
const { turn } = Pump.prototype;
Pump.prototype.turn = async function timed() {
  const read = await turn.call(this);
  if (read === 'ticks' && late >= 0) samples.push(late + performance.now() - readAt);
  return read;
};

let dumps = 0;
process.on('SIGUSR2', () => {
  writeFileSync(`samples-${dumps++}.json`, JSON.stringify(samples));
  samples = [];
});
