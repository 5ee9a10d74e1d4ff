// The percentiles that latency is quoted in.

/** p50 and p99 of times in microseconds. */
export function percentiles(times: readonly number[]): { readonly p50_us: number; readonly p99_us: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { p50_us: Math.round(at(0.5) * 10) / 10, p99_us: Math.round(at(0.99) * 10) / 10 };
}
