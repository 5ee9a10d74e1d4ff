// Reads the text that Prometheus reads.
import assert from 'node:assert/strict';

export interface MetricLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample of a text as Prometheus reads it. */
export function metricLines(text: string): readonly MetricLine[] {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return samples.map((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(line);
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of] as const);
    return { name, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

/** The sum of the samples of a name that have these labels. */
export function sumOf(
  lines: readonly MetricLine[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return lines
    .filter((line) => line.name === name && Object.entries(labels).every(([key, of]) => line.labels[key] === of))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The metrics of a platform on this machine; empty while it gives none. */
export async function metricsAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  return answer.status === 200 ? answer.text() : '';
}
