// Candles on a canvas, drawn by lightweight-charts. Prices become floats here and only here: a chart shows, it does not count.
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Answer, Item } from '../api/client.ts';
import { clock, decimalText } from '../format.ts';

interface Shown {
  readonly candles: Answer<'GET /api/v1/candles'>['items'];
  readonly fills: readonly Item<'GET /api/v1/fills'>[];
  readonly refusals: readonly Item<'GET /api/v1/signals'>[];
}

const MINUTE = 60;

export class PriceChart {
  readonly #chart: IChartApi;
  readonly #series: ISeriesApi<'Candlestick'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  readonly #recolour = (): void => this.#colour();
  readonly #scheme = window.matchMedia('(prefers-color-scheme: dark)');
  #fitted = false;

  constructor(element: HTMLElement) {
    this.#chart = createChart(element, {
      autoSize: true,
      // Its mark would be styled inline, which the policy of the page forbids; the legend below the chart names it.
      layout: { attributionLogo: false, fontFamily: 'system-ui, sans-serif' },
      localization: { timeFormatter: (time: Time) => `${clock(secondsOf(time) * 1_000)} IST` },
      timeScale: {
        timeVisible: true,
        maxBarSpacing: 28,
        tickMarkFormatter: (time: Time) => clock(secondsOf(time) * 1_000).slice(0, 5),
      },
    });
    this.#series = this.#chart.addSeries(CandlestickSeries, {
      priceFormat: { type: 'custom', formatter: (price: number) => decimalText(price.toFixed(2)), minMove: 0.05 },
    });
    this.#markers = createSeriesMarkers(this.#series, []);
    this.#scheme.addEventListener('change', this.#recolour);
    window.addEventListener('theme', this.#recolour);
    this.#colour();
  }

  show({ candles, fills, refusals }: Shown): void {
    const data = candles.map(({ ts, open, high, low, close }) => {
      return { time: minuteOf(ts), open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
    });
    this.#series.setData(data);
    const colour = coloursOf();
    const drawn = [
      ...markersOf(
        fills,
        ({ ts, side }) => `${minuteOf(ts)} ${side}`,
        (all, { ts, side }): SeriesMarker<Time> => {
          const bought = side === 'BUY';
          return {
            time: minuteOf(ts),
            position: bought ? 'belowBar' : 'aboveBar',
            shape: bought ? 'arrowUp' : 'arrowDown',
            color: bought ? colour.accent : colour.warn,
            text: `${all.reduce((sum, { quantity }) => sum + quantity, 0)}`,
          };
        },
      ),
      ...markersOf(
        refusals,
        ({ ts }) => `${minuteOf(ts)}`,
        (all, { ts }): SeriesMarker<Time> => {
          const text = all.length === 1 ? '' : `${all.length}`;
          return { time: minuteOf(ts), position: 'aboveBar', shape: 'square', color: colour.bad, text, size: 0.7 };
        },
      ),
    ];
    this.#markers.setMarkers(drawn.toSorted((a, b) => secondsOf(a.time) - secondsOf(b.time)));
    if (!this.#fitted && data.length > 0) {
      this.#chart.timeScale().fitContent();
      this.#fitted = true;
    }
  }

  remove(): void {
    this.#scheme.removeEventListener('change', this.#recolour);
    window.removeEventListener('theme', this.#recolour);
    this.#chart.remove();
  }

  #colour(): void {
    const { surface, quiet, line, good, bad } = coloursOf();
    this.#chart.applyOptions({
      layout: { background: { color: surface }, textColor: quiet },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.#series.applyOptions({
      upColor: good,
      downColor: bad,
      wickUpColor: good,
      wickDownColor: bad,
      borderVisible: false,
    });
  }
}

/** One mark for all that happened in the same minute. */
function markersOf<Line>(
  lines: readonly Line[],
  placeOf: (line: Line) => string,
  markOf: (all: readonly Line[], first: Line) => SeriesMarker<Time>,
): readonly SeriesMarker<Time>[] {
  const places = Map.groupBy(lines, placeOf);
  return [...places.values()].flatMap((all) => (all[0] === undefined ? [] : [markOf(all, all[0])]));
}

function minuteOf(ts: string): UTCTimestamp {
  const seconds = Math.floor(Date.parse(ts) / 1_000);
  return (seconds - (seconds % MINUTE)) as UTCTimestamp;
}

/** Every time that is drawn here is a number. */
function secondsOf(time: Time): number {
  return typeof time === 'number' ? time : 0;
}

/** The colours in force, as the page's own rules have them. */
function coloursOf() {
  const probe = document.createElement('i');
  document.body.append(probe);
  const of = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    surface: of('surface'),
    quiet: of('quiet'),
    line: of('line'),
    good: of('good'),
    bad: of('bad'),
    accent: of('accent'),
    warn: of('warn'),
  };
  probe.remove();
  return colours;
}
