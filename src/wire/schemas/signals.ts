// Signals: what a strategy or a service outside wants done, and what became of it.
import { type z } from 'zod';
import { type Purpose, type Side, type TradingSignal } from '#core/events.ts';
import { knownTrace } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import * as field from './fields.ts';
import { bracket, readBracket, readSignalTerms, sideProblem, signalTerms } from './terms.ts';
import { upcastOriginal, upcastTerms } from './upcasts.ts';
import { wireType, type About } from './wire-type.ts';

const signalShape = {
  strategy_id: field.strategyId,
  instrument_token: field.token,
  signal_type: field.signalType.optional(),
  side: field.side.optional(),
  quantity: field.quantity,
  price: field.price.nullish(),
  timestamp: field.instant.nullish(),
  confidence: field.confidence.nullish(),
  metadata: field.metadata.nullish(),
  expires_at: field.instant.nullish(),
  bracket: bracket.nullish(),
  ...signalTerms,
};

const signalData = field.record(signalShape);
const originalSignal = field.record({
  ...signalShape,
  timestamp: field.instant,
  expires_at: field.instant,
  purpose: field.purpose,
  id: field.id,
  correlation_id: field.id,
  causation_id: field.id.nullish(),
});

export const tradingSignal = wireType(
  'trading_signal',
  signalData,
  (data, about) => {
    const { at: takenAt, ttlMs } = about;
    // A writer's clock may be ahead of the time of our inputs; nothing is made after it was taken.
    const at = data.timestamp != null && data.timestamp < takenAt ? data.timestamp : takenAt;
    const expiresAt = data.expires_at ?? ((at + ttlMs) as EpochMs);
    // Whoever writes a signal trades: the other purposes are the engine's own.
    return toSignal(data, at, expiresAt, 'trade', about);
  },
  upcastTerms,
);

export const validatedSignal = wireType(
  'validated_signal',
  field.record({
    original_signal: originalSignal,
    validated_quantity: field.quantity,
    validated_price: field.price.nullish(),
    risk_checks: field.checks,
    timestamp: field.instant,
  }),
  (data, about) => {
    const signal = readOriginal(data.original_signal, about);
    if (typeof signal === 'string') return signal;
    if (data.validated_quantity !== signal.quantity) {
      return `data.validated_quantity: expected the signal's ${signal.quantity}, found ${data.validated_quantity}`;
    }
    return { type: 'validated_signal', ...base(signal, about, data.timestamp), signal, checks: data.risk_checks };
  },
  upcastOriginal,
);

export const rejectedSignal = wireType(
  'rejected_signal',
  field.record({
    original_signal: originalSignal,
    rejection_reason: field.text,
    reasons: field.list(field.record({ code: field.text, limit: field.text, found: field.text })),
    risk_checks: field.checks,
    timestamp: field.instant,
  }),
  (data, about) => {
    const signal = readOriginal(data.original_signal, about);
    if (typeof signal === 'string') return signal;
    const { reasons, risk_checks: checks } = data;
    return { type: 'rejected_signal', ...base(signal, about, data.timestamp), signal, checks, reasons };
  },
  upcastOriginal,
);

export const expiredSignal = wireType(
  'expired_signal',
  field.record({
    original_signal: originalSignal,
    code: field.expiryCode,
    timestamp: field.instant,
  }),
  (data, about) => {
    const signal = readOriginal(data.original_signal, about);
    if (typeof signal === 'string') return signal;
    return { type: 'expired_signal', ...base(signal, about, data.timestamp), signal, code: data.code };
  },
  upcastOriginal,
);

function base(signal: TradingSignal, about: About, at: EpochMs) {
  return { broker: about.broker, strategyId: signal.strategyId, token: signal.token, trace: about.trace, at };
}

function readOriginal(data: z.output<typeof originalSignal>, about: About): TradingSignal | string {
  const trace = knownTrace(data.id, data.correlation_id, data.causation_id ?? undefined);
  return toSignal(data, data.timestamp, data.expires_at, data.purpose, { ...about, trace });
}

type SignalData = z.output<typeof signalData>;

function toSignal(
  data: SignalData,
  at: EpochMs,
  expiresAt: EpochMs,
  purpose: Purpose,
  about: About,
): TradingSignal | string {
  const problem = sideProblem(data.signal_type, data.side);
  if (problem !== undefined) return problem;
  const terms = readSignalTerms(data, data.metadata);
  if (typeof terms === 'string') return terms;
  const exits = readBracket(data.bracket);
  if (typeof exits === 'string') return exits;
  return {
    type: 'trading_signal',
    broker: about.broker,
    strategyId: data.strategy_id,
    token: data.instrument_token,
    trace: about.trace,
    at,
    side: (data.signal_type ?? data.side) as Side,
    quantity: data.quantity,
    ...terms,
    purpose,
    bracket: exits,
    price: data.price ?? undefined,
    expiresAt,
    confidence: data.confidence ?? undefined,
    metadata: data.metadata ?? undefined,
  };
}
