// What a company does with its shares, between two sessions: every book that holds them over the ex-date is adjusted to
// the unit, or the action is refused. It is booked where positions cannot change, so that the order of events decides nothing.
import { type CorporateAction } from '../events.ts';
import { type Calendar } from '../market/calendar.ts';
import { type Instrument } from '../market/instrument.ts';
import { type EpochMs, formatDay, formatInstant, startOfDay } from '../time.ts';
import { type Book } from './book.ts';

/** What an action is judged by. */
export interface ActionContext {
  readonly calendar: Calendar;
  readonly instrument: Instrument;
  readonly at: EpochMs;
  readonly books: readonly Book[];
  readonly index: number;
  /** Whether an order, or an exit that the engine owns, still names the old shares. */
  readonly atWork: boolean;
}

/** Why an action cannot be booked, as a code and a sentence; undefined when it can. */
export interface ActionTrouble {
  readonly code: 'NOT_AN_EQUITY' | 'NOT_BETWEEN_SESSIONS' | 'ORDERS_AT_WORK' | 'NOT_EXACT';
  readonly message: string;
}

export function actionTrouble(action: CorporateAction, context: ActionContext): ActionTrouble | undefined {
  const { instrument, atWork } = context;
  const { symbol, kind = 'equity' } = instrument;
  if (kind !== 'equity') {
    return {
      code: 'NOT_AN_EQUITY',
      message: `expected an equity, found ${symbol}, which is an instrument of kind ${kind}`,
    };
  }
  const early = timeTrouble(action, context);
  if (early !== undefined) return { code: 'NOT_BETWEEN_SESSIONS', message: early };
  if (action.ratio !== undefined && atWork) {
    const message = `expected no order and no exit at work in ${symbol}; cancel them and send the action again`;
    return { code: 'ORDERS_AT_WORK', message };
  }
  const broken = fractionOf(action, context);
  return broken === undefined ? undefined : { code: 'NOT_EXACT', message: broken };
}

/** The time between the last close before the ex-date and the open after it: who held then is who is entitled. */
function timeTrouble({ exDay }: CorporateAction, { calendar, instrument, at }: ActionContext): string | undefined {
  const { segment } = instrument;
  const first = calendar.nextSession(segment, startOfDay(exDay));
  const closed = calendar.phaseAt(segment, at) === 'closed';
  if (closed && calendar.nextSession(segment, at).id === first.id) return undefined;
  return (
    `expected it between the last close before the ex-date ${formatDay(exDay)} and the session ${first.id}, ` +
    `found it at ${formatInstant(at)}; send it again in that time`
  );
}

function fractionOf({ ratio }: CorporateAction, { books, index, instrument }: ActionContext): string | undefined {
  if (ratio === undefined) return undefined;
  const { from, to } = ratio;
  for (const { strategyId, quantity } of books) {
    const held = quantity[index] as number;
    const product = held * to;
    if (Number.isSafeInteger(product) && product % from === 0) continue;
    return (
      `expected whole shares of ${instrument.symbol} from ${from} becoming ${to}, found ${held} in the book ` +
      `${strategyId}; sell the fraction first, or book what the registrar paid for it`
    );
  }
  return undefined;
}
