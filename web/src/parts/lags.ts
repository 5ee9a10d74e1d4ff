// What consumer groups have not read yet, from the text that Prometheus reads.

export interface Lag {
  readonly group: string;
  readonly topic: string;
  readonly messages: number;
}

/** The largest first. */
export function lagsIn(metrics: string): readonly Lag[] {
  const lines = metrics.matchAll(/^trading_consumer_lag\{([^}]*)\} (\d+)/gm);
  const lags = Array.from(lines, ([, labels = '', messages = '0']) => ({
    group: labelIn(labels, 'consumergroup') ?? '',
    topic: labelIn(labels, 'topic') ?? '',
    messages: Number(messages),
  }));
  return lags.toSorted((a, b) => b.messages - a.messages || (a.topic < b.topic ? -1 : 1));
}

function labelIn(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
}
