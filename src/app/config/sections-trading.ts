// The settings that decide trading: strategies, risk, execution, the simulated exchange, the two kinds of
// broker, and the books.
import { boolean, choice, integer, number, optional, percent, rupees, text } from './setting.ts';

const DAY_SECONDS = 86_400;
const MOST_UNITS = 1_000_000_000;
/** A hundred billion: its 1/10,000 parts are still a safe integer with room to add. */
const MOST_RUPEES = 100_000_000_000;

export const strategies = {
  slowMs: number({
    default: '50',
    min: 0.1,
    max: 60_000,
    effect: 'A strategy that takes longer for one tick is quarantined (real-time feed) or reported (tape).',
  }),
  hungSeconds: integer({
    default: '10',
    min: 1,
    max: 3600,
    effect: 'A strategy that does not return for this long is in an endless loop: the process ends and quarantines it.',
  }),
};

export const risk = {
  maxPositionUnits: integer({
    default: '1000',
    min: 1,
    max: MOST_UNITS,
    effect: 'The largest position of one book in one instrument, long or short, with orders in flight.',
  }),
  maxOrderQuantity: integer({
    default: '1000',
    min: 1,
    max: MOST_UNITS,
    effect: 'The most units in one order.',
  }),
  maxOrderValue: rupees({
    default: '1000000',
    min: 1,
    max: MOST_RUPEES,
    effect: 'The greatest value of one order, in rupees.',
  }),
  maxTradesPerDay: integer({
    default: '50',
    min: 0,
    max: MOST_UNITS,
    effect: 'The most orders a strategy may make at a broker in one trading day; 0 is no limit.',
  }),
  priceCollarPercent: percent({
    default: '10',
    min: 0,
    max: 100,
    effect: 'How far a price may lie from the last fresh price; 0 turns the rule off.',
  }),
  staleAfterSeconds: number({
    default: '60',
    min: 0,
    max: DAY_SECONDS,
    effect: 'A signal is refused when the last tick of its instrument is older; 0 turns the rule off.',
  }),
  duplicateWindowSeconds: number({
    default: '1',
    min: 0,
    max: DAY_SECONDS,
    effect: 'A signal equal to one of this long before is refused as its duplicate; 0 turns the rule off.',
  }),
  cashReservePercent: percent({
    default: '101',
    min: 100,
    max: 1000,
    effect: "How much of a buy order's value is reserved in cash until the order ends.",
  }),
  maxDrawdownPercent: percent({
    default: '50',
    min: 0,
    max: 100,
    effect: 'Entries are refused once a book has lost this share of its starting cash; 0 turns the rule off.',
  }),
  drawdownExits: choice({
    default: 'allow',
    values: ['allow', 'refuse'],
    effect: 'Whether exits go on once the drawdown limit is reached.',
  }),
  maxOrdersPerSecond: integer({
    default: '0',
    min: 0,
    max: 1_000_000,
    effect: 'The most orders of a broker namespace in one second; 0 turns the rule off.',
  }),
  drawdownAction: choice({
    default: 'refuse',
    values: ['refuse', 'stop'],
    effect:
      'Whether passing the drawdown limit only refuses entries, or stops the strategy until a person releases it.',
  }),
  maxMessagesPerMinute: integer({
    default: '0',
    min: 0,
    max: MOST_UNITS,
    effect: 'The most orders and changes of a namespace in one minute; cancels and exits always pass; 0 is no limit.',
  }),
  maxGrossExposure: limitInRupees('The most that the positions of a book may be worth, orders in flight included'),
  maxNetExposure: limitInRupees('The most that long less short of a book may be worth, orders in flight included'),
  maxAccountGrossExposure: limitInRupees('The most that the positions of all books of a namespace may be worth'),
  maxAccountNetExposure: limitInRupees('The most that long less short of all books of a namespace may be worth'),
  maxDayLoss: limitInRupees('Past this loss of a book in one day its strategy only shrinks positions, until released'),
  maxAccountDayLoss: limitInRupees('Past this loss of all books in one day the namespace only shrinks positions'),
  maxAccountDrawdownPercent: percent({
    default: '0',
    min: 0,
    max: 100,
    effect: 'Past this fall of all books from their peak the namespace only shrinks positions; 0 turns it off.',
  }),
  haltAtPercent: percent({
    default: '150',
    min: 100,
    max: 10_000,
    effect: 'At this share of a loss limit the strategy or namespace is halted: nothing but cancels.',
  }),
  misMarginPercent: percent({
    default: '20',
    min: 1,
    max: 100,
    effect: "The margin of an intraday (MIS) position, in percent of its value; the exchange's least is 20.",
  }),
  nrmlMarginPercent: percent({
    default: '100',
    min: 1,
    max: 100,
    effect: 'The margin of a carried (NRML) position, in percent of its value.',
  }),
  repeatedFills: integer({
    default: '0',
    min: 0,
    max: 10_000,
    effect: 'More orders of one side in one instrument than this, filled in the window, halt a strategy; 0 is off.',
  }),
  repeatedFillsWindowSeconds: number({
    default: '60',
    min: 0.001,
    max: DAY_SECONDS,
    effect: 'The window in which repeated fills are counted.',
  }),
  selfTrade: choice({
    default: 'allow',
    values: ['allow', 'refuse'],
    effect: 'Whether an order may meet a resting order of another strategy of the same namespace.',
  }),
};

function limitInRupees(effect: string) {
  return rupees({ default: '0', min: 0, max: MOST_RUPEES, effect: `${effect}, in rupees; 0 turns it off.` });
}

export const execution = {
  signalTtlSeconds: optional(
    number({
      default: '',
      min: 0.001,
      max: DAY_SECONDS,
      effect: 'How long a signal may be executed; after that it ends as expired.',
    }),
    '30 at a simulated broker, 10 at a live one',
  ),
  calendar: choice({
    default: 'nse',
    values: ['nse', 'always_open'],
    effect: 'Whether signals outside the sessions of NSE end as expired; always_open knows no closing time.',
  }),
  warmupFreshSeconds: number({
    default: '60',
    min: 0.001,
    max: DAY_SECONDS,
    effect: 'How old the last tick of an instrument may be for it to count as warm; else its signals wait.',
  }),
  squareOffMinutes: number({
    default: '15',
    min: 0,
    max: 600,
    effect: 'Intraday (MIS) positions are closed so long before the close of their session; 0 leaves them alone.',
  }),
  exitStepSeconds: number({
    default: '5',
    min: 0.001,
    max: DAY_SECONDS,
    effect: 'An exit of the engine that has not filled is priced anew, and a refused one tried again, after so long.',
  }),
  exitAlertAfter: integer({
    default: '3',
    min: 1,
    max: MOST_UNITS,
    effect: 'So many prices or refusals of one exit raise an alert.',
  }),
};

export const exchange = {
  fillAt: choice({
    default: 'next',
    values: ['next', 'last'],
    effect: 'Whether the simulated exchange fills at the next tick (no look-ahead) or at the last one seen.',
  }),
  latencyMsMean: number({
    default: '0',
    min: 0,
    max: 60_000,
    effect: 'The mean delay between an order, or a change of one, and its arrival at the simulated exchange.',
  }),
  latencyMsStd: number({
    default: '0',
    min: 0,
    max: 60_000,
    effect: 'The standard deviation of that delay, drawn from the seed and the order id.',
  }),
  partialFills: boolean({
    default: 'true',
    effect: 'Whether fills are limited to the volume traded since the last tick or the depth; no volume is no limit.',
  }),
  seed: integer({
    default: '1',
    min: 0,
    max: 4_294_967_295,
    effect: 'The seed of every draw of the simulated exchange.',
  }),
  roundToTick: boolean({
    default: 'true',
    effect: 'Whether fill prices are rounded to the tick size, against the trader.',
  }),
  book: choice({
    default: 'ticks',
    values: ['ticks', 'depth'],
    effect: 'depth fills at the levels of the book that ticks show, and orders wait in a queue; ticks at their price.',
  }),
  marketProtectionPercent: percent({
    default: '0',
    min: 0,
    max: 100,
    effect: 'How far from the last price a market order fills; the rest stays as a limit there. 0 is anywhere.',
  }),
  rejectPercent: percent({
    default: '0',
    min: 0,
    max: 100,
    effect: 'The share of orders that the simulated exchange refuses for no fault of theirs, drawn from the seed.',
  }),
};

const startingCash = rupees({
  default: '1000000.0',
  min: 0,
  max: MOST_RUPEES,
  effect: 'The cash with which each book of this kind starts.',
});

export const paperTrading = {
  enabled: boolean({
    default: 'true',
    effect: 'false keeps every namespace of kind paper out, even when it is listed.',
  }),
  slippagePercent: percent({
    default: '0.05',
    min: 0,
    max: 100,
    effect: 'How much worse than the market the simulated exchange fills a market order, in percent of the price.',
  }),
  commissionPercent: percent({
    default: '0.1',
    min: 0,
    max: 100,
    effect: 'The flat commission of a fill, in percent of its value.',
  }),
  startingCash,
  charges: choice({
    default: 'flat',
    values: ['flat', 'dated'],
    effect: 'flat takes the commission above; dated takes the tables in config/charges, by the day of the fill.',
  }),
  orderLimits: choice({
    default: 'none',
    values: ['none', 'dated'],
    effect:
      'dated keeps orders, modifies and cancels within config/broker-limits; what does not fit waits, exits first.',
  }),
};

export const zerodha = {
  enabled: boolean({
    default: 'true',
    effect: 'false keeps every namespace of kind zerodha out, even when it is listed.',
  }),
  mode: choice({
    default: 'simulator',
    values: ['simulator', 'live'],
    effect: 'simulator sends nothing to the real broker; live trades real money once it is armed.',
  }),
  apiKey: text({
    default: '',
    pattern: /^[!-~]*$/,
    accepts: 'an API key without spaces',
    secrecy: 'secret',
    effect: 'The key of the Kite Connect app, needed by the feed zerodha and in live mode.',
  }),
  apiSecret: text({
    default: '',
    pattern: /^[!-~]*$/,
    accepts: 'an API secret without spaces',
    secrecy: 'secret',
    effect: 'The secret of the Kite Connect app, needed to sign in.',
  }),
  userId: text({
    default: '',
    pattern: /^[A-Za-z0-9]{0,16}$/,
    accepts: "a user's id at Zerodha, such as AB1234",
    effect: 'The account that orders may go to, needed in live mode; with a session of any other nothing is sent.',
  }),
  deployment: text({
    default: 'P',
    pattern: /^[A-Z]$/,
    accepts: 'one letter from A to Z',
    effect: "Marks this deployment's orders in the broker's book; two on one account take two letters.",
  }),
  kiteRoot: text({
    default: '',
    pattern: /^(https?:\/\/[^\s/?#]+)?$/,
    accepts: 'nothing, or the beginning of a URL such as http://127.0.0.1:8090',
    effect: "Where Kite is found, such as a Kite simulator's address; nothing is Kite's own hosts.",
  }),
  startingCash,
  charges: choice({
    default: 'dated',
    values: ['flat', 'dated'],
    effect: 'As for paper: flat takes the commission of PAPER_TRADING, dated the tables in config/charges.',
  }),
  orderLimits: choice({
    default: 'dated',
    values: ['none', 'dated'],
    effect: 'As for paper: within config/broker-limits, what does not fit waits, exits first.',
  }),
};

export const portfolioManager = {
  snapshotIntervalSeconds: integer({
    default: '300',
    min: 1,
    max: DAY_SECONDS,
    effect: 'How often each book is written to {b}.pnl.snapshots, counted from the opening of the session.',
  }),
  maxPortfolioLocks: integer({
    default: '1000',
    min: 1,
    max: 10_000_000,
    effect:
      'The most books that a ledger holds in memory; of those at rest, the least recently used goes to the store and is read back on demand.',
  }),
  reconciliationIntervalSeconds: integer({
    default: '3600',
    min: 1,
    max: DAY_SECONDS,
    effect: 'How often what the books hold is compared with what the broker holds; after a lost connection at once.',
  }),
};
