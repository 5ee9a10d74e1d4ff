// How data of older versions becomes the current one. Version 1 knew delivery alone, without triggers and brackets, and
// every order was made by a strategy.
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { type Upcasts } from './wire-type.ts';

const TERMS_SINCE_2 = { trigger_price: null, product: 'CNC', purpose: 'trade' } as const;

/** Signals and orders of version 1. */
export const upcastTerms: Upcasts = { 1: withTerms };

/** What was decided about a signal of version 1. */
export const upcastOriginal: Upcasts = {
  1: (data) => {
    if (!isFields(data)) return data;
    return { ...data, original_signal: withTerms(data['original_signal']) };
  },
};

/** Failures of version 1 did not say why an order was refused. */
export const upcastFailed: Upcasts = {
  1: (data) => {
    if (!isFields(data)) return data;
    return { ...TERMS_SINCE_2, reject_code: data['code'] === 'REFUSED' ? 'OTHER' : null, ...data };
  },
};

/** Intents of version 1 were whole and left at once. */
export const upcastSubmitted: Upcasts = {
  1: (data) => (isFields(data) ? { ...TERMS_SINCE_2, slice: null, status: 'sending', ...data } : data),
};

/** Books of version 1 knew no short positions, and nothing but fills earned or cost anything. */
export const upcastSnapshot: Upcasts = {
  1: (data) => {
    if (!isFields(data)) return data;
    const amount = (name: string): number => parseDecimal(String(data[name])) ?? Number.NaN;
    const exposure = decimalOrNull(amount('equity') - amount('cash'));
    const net_pnl = decimalOrNull(amount('realized_pnl') + amount('unrealized_pnl') - amount('fees'));
    return { ...data, gross_exposure: exposure, net_exposure: exposure, net_pnl };
  },
};

/** Null, which the schema refuses, when an amount was none. */
function decimalOrNull(units: number): string | null {
  return Number.isSafeInteger(units) ? formatDecimal(units) : null;
}

function withTerms(data: unknown): unknown {
  return isFields(data) ? { ...TERMS_SINCE_2, ...data } : data;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
