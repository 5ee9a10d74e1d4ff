// A histogram that may be told something at every message: it counts into one array of numbers, and makes labels and text
// only when somebody asks.

export interface HistogramTerms {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending; what is above the last counts under `+Inf`. */
  readonly bounds: readonly number[];
}

/** The counts of one set of labels. */
export class Series {
  readonly #bounds: readonly number[];
  /** By bound, each without those below it; the last is what is above all of them. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  /** @param labels as they stand between braces, without `le` */
  text(name: string, labels: string): string {
    let total = 0;
    const bucket = (count: number, at: number): string => {
      total += count;
      const bound = this.#bounds[at];
      return `${name}_bucket{${labels === '' ? '' : `${labels},`}le="${bound ?? '+Inf'}"} ${total}`;
    };
    const buckets = Array.from(this.#counts, bucket);
    const braced = labels === '' ? '' : `{${labels}}`;
    return [...buckets, `${name}_sum${braced} ${this.#sum}`, `${name}_count${braced} ${total}`].join('\n');
  }
}

export class PlainHistogram {
  readonly #terms: HistogramTerms;
  readonly #series = new Map<string, Series>();

  constructor(terms: HistogramTerms) {
    this.#terms = terms;
  }

  /** The counts of these labels; keep them for what is told often. */
  of(labels: Readonly<Record<string, string>> = {}): Series {
    const key = Object.entries(labels)
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const made = new Series(this.#terms.bounds);
    this.#series.set(key, made);
    return made;
  }

  /** As Prometheus reads it. */
  text(): string {
    const { name, help } = this.#terms;
    const series = [...this.#series].map(([labels, counts]) => counts.text(name, labels));
    return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...series].join('\n');
  }
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
