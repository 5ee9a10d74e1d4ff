// Charts of the report as inline SVG, drawn here: a page of its own needs no library for lines. The drawing is stretched to
// the width there is; words stand beside it as HTML, so that they are read at any width.

export interface Line {
  readonly values: readonly number[];
  /** Drawn as a band behind the line. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  /** Fills the area to zero instead of drawing a line alone. */
  readonly area?: boolean;
  readonly kind: 'main' | 'loss';
}

export interface Mark {
  /** Place among the values. */
  readonly at: number;
  readonly value: number;
  readonly kind: 'buy' | 'sell';
}

export interface ChartOptions {
  readonly title: string;
  /** One sentence for those who do not see it. */
  readonly summary: string;
  readonly line: Line;
  readonly marks?: readonly Mark[];
  readonly format: (value: number) => string;
  /** Words below: at the left, in the middle, at the right. */
  readonly below: readonly [string, string, string];
  readonly zero?: boolean;
}

const [WIDTH, HEIGHT] = [1_000, 240];

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A line over time; `''` when there is nothing to draw. */
export function lineChart({ title, summary, line, marks = [], format, below, zero = false }: ChartOptions): string {
  const { values, low = values, high = values } = line;
  if (values.length < 2) return '';
  const floor = Math.min(...ends(low), ...(zero ? [0] : []));
  const ceiling = Math.max(...ends(high), ...(zero ? [0] : []));
  const span = ceiling - floor || 1;
  const x = (place: number): string => ((place / (values.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - ((value - floor) / span) * (HEIGHT - 12) - 6).toFixed(1);
  const path = (of: readonly number[]): string => of.map((value, k) => `${x(k)} ${y(value)}`).join('L');
  const back = low
    .map((value, k) => `${x(k)} ${y(value)}`)
    .toReversed()
    .join('L');
  const base = y(Math.min(Math.max(0, floor), ceiling));
  const shapes = [
    line.low === undefined ? '' : `<path class="band" d="M${path(high)}L${back}Z"/>`,
    line.area === true ? `<path class="area ${line.kind}" d="M0 ${base}L${path(values)}L${WIDTH} ${base}Z"/>` : '',
    zero ? `<path class="rule" d="M0 ${y(0)}H${WIDTH}"/>` : '',
    `<path class="line ${line.kind}" d="M${path(values)}"/>`,
    // A line without length is a dot of the same size at any width: round for a purchase, square for a sale.
    ...marks.map(({ at, value, kind }) => `<path class="${kind}" d="M${x(at)} ${y(value)}h.01"/>`),
  ];
  const scale = [ceiling, (ceiling + floor) / 2, floor].map((value) => `<span>${escaped(format(value))}</span>`);
  return `<figure>
<figcaption>${escaped(title)}</figcaption>
<div class="chart"><div class="scale" aria-hidden="true">${scale.join('')}</div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(`${title}: ${summary}`)}">${shapes.join('')}</svg>
<div class="below" aria-hidden="true">${below.map((text) => `<span>${escaped(text)}</span>`).join('')}</div></div>
</figure>`;
}

/** How often values fall into each of equal steps. */
export function histogram(title: string, values: readonly number[], format: (value: number) => string): string {
  if (values.length < 2) return '';
  const [least, greatest] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const bins = Math.min(31, Math.max(5, Math.ceil(Math.sqrt(values.length))));
  const step = (greatest - least) / bins || 1;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - least) / step));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const width = WIDTH / bins;
  const bars = counts.map((count, bin) => {
    const height = (count / most) * HEIGHT;
    const kind = least + step * (bin + 0.5) < 0 ? 'loss' : 'main';
    return `<rect class="bar ${kind}" x="${(bin * width + 1).toFixed(1)}" y="${(HEIGHT - height).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  const summary = `${values.length} from ${format(least)} to ${format(greatest)}, at most ${most} in one step`;
  return `<figure>
<figcaption>${escaped(title)}</figcaption>
<div class="chart"><div class="scale" aria-hidden="true"><span>${most}</span><span>0</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(`${title}: ${summary}`)}">${bars.join('')}</svg>
<div class="below" aria-hidden="true"><span>${escaped(format(least))}</span><span></span><span>${escaped(format(greatest))}</span></div></div>
</figure>`;
}

/** The least and the greatest; a spread of thousands of values is too long for a call. */
function ends(values: readonly number[]): readonly [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
