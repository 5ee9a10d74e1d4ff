// What a W1 run answers, and how one process reports it: the answer and its time, cold and warm, as one JSON line.

/** The fields of the reference answer, amounts in 1/10,000 rupee. */
export interface W1Result {
  readonly ticks: number;
  readonly orders: number;
  readonly fills: number;
  readonly rejects: number;
  readonly cash_e4: number;
  readonly equity_e4: number;
  readonly realised_e4: number;
  readonly fees_e4: number;
  readonly max_drawdown_e4: number;
}

export interface TimedResult {
  readonly result: W1Result;
  readonly cold_ns_per_tick: number;
  /** Median of the passes after the first. */
  readonly ns_per_tick: number;
}

/** Runs `passes` times and prints the last answer with the first and the median time. */
export function report(run: () => W1Result, passes: number): void {
  const times: number[] = [];
  let result: W1Result | undefined;
  for (let pass = 0; pass < passes; pass++) {
    const from = process.hrtime.bigint();
    result = run();
    times.push(Number(process.hrtime.bigint() - from) / result.ticks);
  }
  if (result === undefined) throw new Error(`a report needs at least two passes, asked for ${passes}`);
  const warm = times.slice(1).toSorted((a, b) => a - b);
  const timed: TimedResult = {
    result,
    cold_ns_per_tick: times[0] as number,
    ns_per_tick: warm[Math.floor(warm.length / 2)] as number,
  };
  console.log(JSON.stringify(timed));
}
