import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TradingSignal } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { deadLetter } from './dead-letter.ts';
import { decodeEnvelope, decodeMessage, type DecodeDefaults, type DecodeError } from './decode.ts';
import { encodeEvent } from './encode.ts';
import { WIRE_ERROR_CODES, type WireErrorCode } from './error-codes.ts';
import { deadLetterTopic, STREAMS, topic, topicsOf, type Stream } from './topics.ts';
import { OPEN, sampleEvents } from './wire-under-test.ts';

const RAW = 'paper.signals.raw';
const DEFAULTS: DecodeDefaults = { at: OPEN, ttlMs: 30_000, offsetId: 'paper.signals.raw:0:7' };
const SIGNAL = { strategy_id: 'mine', instrument_token: 738_561, signal_type: 'BUY', quantity: 5 };

type Fields = Readonly<Record<string, unknown>>;

function envelope(data: Fields = SIGNAL, others: Fields = {}): string {
  return JSON.stringify({ type: 'trading_signal', version: 2, broker: 'paper', data, ...others });
}

function signalOf(value: string, defaults: DecodeDefaults = DEFAULTS): TradingSignal {
  const decoded = decodeMessage(RAW, value, defaults);
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message);
  assert.equal(decoded.value.type, 'trading_signal');
  return decoded.value;
}

function errorOf(value: string, name = RAW): DecodeError {
  const decoded = decodeMessage(name, value, DEFAULTS);
  assert.ok(!decoded.ok, `${value.slice(0, 200)} was accepted`);
  assert.equal(decoded.error.poison, true);
  return decoded.error;
}

function refuses(value: string, code: WireErrorCode, message: RegExp, name = RAW): void {
  const error = errorOf(value, name);
  assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
  assert.match(error.message, /expected .*, found .*; /, 'what was expected, what was found, what to do');
}

test('a smallest message becomes a market order for the day, named by its place and timed by the reader', () => {
  const signal = signalOf(envelope());
  assert.deepEqual(signal, {
    type: 'trading_signal',
    broker: 'paper',
    strategyId: 'mine',
    token: 738_561,
    trace: { id: 'paper.signals.raw:0:7', correlationId: 'paper.signals.raw:0:7', causationId: undefined },
    at: OPEN,
    side: 'BUY',
    quantity: 5,
    orderType: 'market',
    validity: 'DAY',
    limitPrice: undefined,
    triggerPrice: undefined,
    product: 'CNC',
    purpose: 'trade',
    bracket: undefined,
    price: undefined,
    expiresAt: OPEN + 30_000,
    confidence: undefined,
    metadata: undefined,
  });
});

test('an id of its own names the message and roots its trace', () => {
  assert.deepEqual(signalOf(envelope(SIGNAL, { id: 'mine-1' })).trace, {
    id: 'mine-1',
    correlationId: 'mine-1',
    causationId: undefined,
  });
  const ids = { id: 'mine-2', correlation_id: 'sim:1', causation_id: 'sim:2' };
  assert.deepEqual(signalOf(envelope(SIGNAL, ids)).trace, {
    id: 'mine-2',
    correlationId: 'sim:1',
    causationId: 'sim:2',
  });
});

test('a signal expires its life after it was made, and nothing is made after it was taken', () => {
  const before = (OPEN - 5_000) as EpochMs;
  const old = signalOf(envelope({ ...SIGNAL, timestamp: formatInstant(before) }));
  assert.deepEqual([old.at, old.expiresAt], [before, before + 30_000]);
  const ahead = signalOf(envelope({ ...SIGNAL, timestamp: formatInstant((OPEN + 5_000) as EpochMs) }));
  assert.deepEqual([ahead.at, ahead.expiresAt], [OPEN, OPEN + 30_000]);
  const own = signalOf(envelope({ ...SIGNAL, expires_at: '2021-06-11T09:15:07+05:30' }));
  assert.equal(own.expiresAt, OPEN + 7_000);
  assert.equal(signalOf(envelope(), { ...DEFAULTS, ttlMs: 10_000 }).expiresAt, OPEN + 10_000);
});

test('the terms of the order may come in the metadata, and its own fields win over them', () => {
  const early = { order_type: 'LIMIT', limit_price: '1650.05', tif: 'ioc', note: 'x' };
  const signal = signalOf(envelope({ ...SIGNAL, metadata: early }));
  assert.deepEqual([signal.orderType, signal.limitPrice, signal.validity], ['limit', 16_500_500, 'IOC']);
  assert.deepEqual(signal.metadata, early);
  const own = { order_type: 'limit', limit_price: '1700.00', validity: 'DAY', metadata: early };
  const winner = signalOf(envelope({ ...SIGNAL, ...own }));
  assert.deepEqual([winner.orderType, winner.limitPrice, winner.validity], ['limit', 17_000_000, 'DAY']);
  const market = { order_type: 'market', limit_price: null, metadata: early };
  assert.equal(signalOf(envelope({ ...SIGNAL, ...market })).limitPrice, undefined);
});

test('terms that cannot be kept are refused, in the metadata too', () => {
  const inMetadata = (metadata: Fields): string => envelope({ ...SIGNAL, metadata });
  refuses(
    inMetadata({ order_type: 'iceberg' }),
    'INVALID_DATA',
    /metadata\.order_type: expected market, limit, stop or/,
  );
  refuses(inMetadata({ order_type: 'stop' }), 'INVALID_DATA', /data\.trigger_price: expected a price because/);
  refuses(inMetadata({ tif: 'FOK' }), 'INVALID_DATA', /metadata\.tif: expected DAY or IOC/);
  refuses(inMetadata({ order_type: 'limit', limit_price: 100 }), 'INVALID_DATA', /metadata\.limit_price: .*number 100/);
  refuses(envelope({ ...SIGNAL, order_type: 'limit' }), 'INVALID_DATA', /limit_price: .*found nothing/);
  refuses(envelope({ ...SIGNAL, limit_price: '100.00' }), 'INVALID_DATA', /order_type: expected limit/);
});

test('the direction may be called side, and both names must agree', () => {
  const { signal_type: signalType, ...rest } = SIGNAL;
  assert.equal(signalOf(envelope({ ...rest, side: 'SELL' })).side, 'SELL');
  assert.equal(signalOf(envelope({ ...SIGNAL, side: signalType })).side, 'BUY');
  refuses(envelope({ ...SIGNAL, side: 'SELL' }), 'INVALID_DATA', /side: expected BUY as in signal_type, found SELL/);
  refuses(envelope(rest), 'INVALID_DATA', /signal_type: expected BUY or SELL, found nothing/);
});

test('to hold is no signal, and the refusal says so', () => {
  refuses(envelope({ ...SIGNAL, signal_type: 'HOLD' }), 'INVALID_DATA', /send no signal/);
});

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['quantity', undefined, /found nothing/],
  ['quantity', null, /found null/],
  ['quantity', 0, /found the number 0/],
  ['quantity', -5, /found the number -5/],
  ['quantity', 1.5, /found the number 1.5/],
  ['quantity', '5', /found the text "5"/],
  ['quantity', 2 ** 53, /found the number 9007199254740992/],
  ['quantity', 1e300, /found the number 1e\+300/],
  ['quantity', true, /found true/],
  ['quantity', [5], /found a list/],
  ['quantity', { value: 5 }, /found an object/],
  ['signal_type', 'buy', /found the text "buy"/],
  ['signal_type', 1, /found the number 1/],
  ['side', 'LONG', /expected BUY or SELL/],
  ['price', 1650.05, /such as "1650.05", found the number/],
  ['price', '1650.05001', /at most four decimals/],
  ['price', '0.00', /above zero/],
  ['price', '-1.00', /above zero/],
  ['price', '1e3', /found the text "1e3"/],
  ['price', 'NaN', /found the text "NaN"/],
  ['price', '900719925474.0992', /found the text/],
  ['price', '9999999999999', /found the text/],
  ['limit_price', '', /found the text ""/],
  ['instrument_token', -1, /whole number from 0/],
  ['instrument_token', '738561', /whole number from 0/],
  ['strategy_id', '', /1 to 128 characters/],
  ['strategy_id', 'a\u0000b', /control characters/],
  ['strategy_id', 'x'.repeat(129), /1 to 128 characters/],
  ['strategy_id', '\ud800', /control characters/],
  ['timestamp', '2021-06-11T03:45:00', /with its zone/],
  ['timestamp', 1_623_383_100_000, /with its zone/],
  ['expires_at', '2021-02-30T03:45:00Z', /with its zone/],
  ['confidence', 1.5, /from 0 to 1/],
  ['confidence', '0.5', /from 0 to 1/],
  ['metadata', [], /expected an object, found a list/],
  ['metadata', 'x', /expected an object/],
  ['order_type', 'MARKET', /expected market, limit, stop or stop_limit/],
  ['product', 'BO', /expected CNC, MIS or NRML/],
  ['bracket', {}, /expected at least one of target, stop, trail and exit_at, found none/],
  ['validity', 'GTC', /expected DAY or IOC/],
];

for (const [name, value, message] of WRONG) {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 30);
  test(`a signal whose ${name} is ${shown} is refused and the field is named`, () => {
    const text = envelope({ ...SIGNAL, [name]: value });
    refuses(text, 'INVALID_DATA', message);
    assert.match(errorOf(text).message, new RegExp(`data\\.${name}: `));
  });
}

test('numbers that JSON cannot say are refused', () => {
  for (const number of ['NaN', 'Infinity', '-Infinity', '0x10', '1_000']) {
    refuses(envelope().replace('"quantity":5', `"quantity":${number}`), 'MALFORMED_JSON', /with a JSON library/);
  }
  refuses(envelope().replace('"quantity":5', '"quantity":1e400'), 'INVALID_DATA', /found the number Infinity/);
});

test('the largest exact quantity and price are accepted', () => {
  const signal = signalOf(envelope({ ...SIGNAL, quantity: Number.MAX_SAFE_INTEGER, price: '900719925474.0991' }));
  assert.deepEqual([signal.quantity, signal.price], [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
});

test('what is no JSON object is refused with a sentence', () => {
  for (const text of ['', '{', 'hello', '{"a":1,}', "{'a':1}", '\ufeff{}', '\u0000']) {
    refuses(text, 'MALFORMED_JSON', /expected JSON/);
  }
  for (const text of ['null', '1', '"x"', '[]', 'true']) refuses(text, 'NO_ENVELOPE', /expected an envelope/);
});

test('a payload without an envelope is refused, and the refusal shows a message that is accepted', () => {
  const { message, code } = errorOf(JSON.stringify(SIGNAL));
  assert.equal(code, 'NO_ENVELOPE');
  const example = message.slice(message.indexOf('{"type"'));
  assert.equal(signalOf(example).quantity, 1);
});

test('a broken field of the envelope is named', () => {
  const cases: readonly (readonly [Fields, RegExp])[] = [
    [{ broker: undefined }, /broker: expected the text "paper", found nothing/],
    [{ broker: 7 }, /broker: /],
    [{ type: null }, /type: expected trading_signal or order_change, found null/],
    [{ version: undefined }, /version: expected a whole number from 1 to 2, found nothing/],
    [{ version: '1' }, /version: .*the text "1"/],
    [{ version: 0 }, /version: /],
    [{ version: 1.5 }, /version: /],
    [{ data: [] }, /data: expected an object, found a list/],
    [{ data: null }, /data: /],
    [{ id: '' }, /id: expected text of 1 to 1024/],
    [{ id: 5 }, /id: .*the number 5/],
    [{ id: 'x'.repeat(1025) }, /id: /],
    [{ id: 'a\nb' }, /id: /],
    [{ correlation_id: {} }, /correlation_id: .*an object/],
    [{ causation_id: '' }, /causation_id: /],
    [{ source: 1 }, /source: /],
    [{ key: 1 }, /key: expected text/],
    [{ ts: 'yesterday' }, /ts: expected an instant/],
    [{ ts: 5 }, /ts: /],
  ];
  for (const [others, message] of cases) refuses(envelope(SIGNAL, others), 'BAD_ENVELOPE', message);
});

test('a message of another broker than its topic is a mismatch, whatever else is wrong with it', () => {
  refuses(
    envelope(SIGNAL, { broker: 'zerodha' }),
    'BROKER_MISMATCH',
    /expected the broker paper, found the text "zerodha"/,
  );
  refuses(envelope({}, { broker: 'zerodha', type: 5, version: 99 }), 'BROKER_MISMATCH', /find out who wrote it/);
  refuses(envelope({ ...SIGNAL, broker: 'zerodha' }), 'BROKER_MISMATCH', /zerodha/);
  refuses(envelope({ ...SIGNAL, execution_mode: 'zerodha' }), 'BROKER_MISMATCH', /zerodha/);
  assert.equal(signalOf(envelope({ ...SIGNAL, broker: 'paper', execution_mode: null })).broker, 'paper');
});

test('every event is refused as a mismatch on the same topic of any other namespace', () => {
  for (const event of sampleEvents()) {
    const { topic: name, value } = encodeEvent(event);
    refuses(value, 'BROKER_MISMATCH', /expected the broker other/, name.replace('paper.', 'other.'));
  }
});

test('every event is refused on every topic of its namespace that does not carry its type', () => {
  for (const event of sampleEvents()) {
    const { value } = encodeEvent(event);
    for (const stream of Object.keys(STREAMS) as Stream[]) {
      if ((STREAMS[stream].types as readonly string[]).includes(event.type)) continue;
      refuses(value, 'WRONG_TYPE', /send it to its own topic/, topic('paper' as BrokerId, stream));
    }
  }
});

test('a later version than this build knows is refused', () => {
  refuses(envelope(SIGNAL, { version: 3 }), 'FUTURE_VERSION', /version 2 or earlier, found the number 3; update/);
});

test('a foreign topic and a type that is no event are told apart', () => {
  refuses(envelope(), 'UNKNOWN_TOPIC', /correct the name/, 'paper.signals.unheard');
  refuses(envelope(), 'UNKNOWN_TOPIC', /correct the name/, 'market.signals.raw');
  const letter = deadLetter({
    topic: RAW,
    offset: 3,
    key: '',
    value: 'x',
    code: 'MALFORMED_JSON',
    message: 'expected JSON',
    attempts: 1,
    service: 'intake',
    at: OPEN,
  });
  refuses(letter.value, 'NOT_AN_EVENT', /found system_error/, letter.topic);
  assert.ok(decodeEnvelope(letter.topic, letter.value, DEFAULTS).ok);
});

test('types named like members of every object are unknown', () => {
  for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    refuses(envelope(SIGNAL, { type }), 'WRONG_TYPE', /expected trading_signal/);
  }
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let k = 0; k < levels; k++) value = k % 2 === 0 ? [value] : { value };
  return value;
}

test('a message may be 64 KB long and 32 levels deep, and no more', () => {
  const padded = (length: number): string => {
    const empty = envelope({ ...SIGNAL, metadata: { pad: '' } });
    return empty.replace('"pad":""', `"pad":"${'x'.repeat(length - empty.length)}"`);
  };
  signalOf(padded(65_536));
  refuses(padded(65_537), 'TOO_LARGE', /at most 65536 bytes/);
  refuses(envelope({ ...SIGNAL, metadata: { pad: '₹'.repeat(30_000) } }), 'TOO_LARGE', /at most 65536 bytes/);
  signalOf(envelope({ ...SIGNAL, metadata: { deep: nested(29) } }));
  refuses(envelope({ ...SIGNAL, metadata: { deep: nested(30) } }), 'TOO_DEEP', /at most 32 levels/);
  refuses('['.repeat(60_000) + ']'.repeat(60_000), 'TOO_LARGE', /bytes/);
  refuses('['.repeat(30_000) + ']'.repeat(30_000), 'TOO_DEEP', /levels/);
});

test('a field called __proto__ is refused at any depth', () => {
  refuses(envelope().replace('"quantity"', '"__proto__":{"quantity":9},"quantity"'), 'FORBIDDEN_KEY', /another name/);
  refuses(`{"__proto__":{},${envelope().slice(1)}`, 'FORBIDDEN_KEY', /__proto__/);
  refuses(
    envelope(SIGNAL, { extra: 0 }).replace('"extra":0', '"extra":[{"__proto__":1}]'),
    'FORBIDDEN_KEY',
    /__proto__/,
  );
  assert.equal(({} as Fields)['quantity'], undefined);
});

test('the largest signal that is accepted can be read again inside what was decided about it', () => {
  const numbers = Array.from({ length: 12_000 }, () => '1e20').join(',');
  const metadata = { deep: nested(29), many: [] };
  const text = envelope({ ...SIGNAL, metadata }).replace('"many":[]', `"many":[${numbers}]`);
  const signal = signalOf(text);
  const { broker, strategyId, token, trace, at } = signal;
  const about = { broker, strategyId, token, trace, at };
  for (const event of [
    { ...about, type: 'validated_signal', signal, checks: {} } as const,
    { ...about, type: 'rejected_signal', signal, checks: {}, reasons: [] } as const,
    { ...about, type: 'expired_signal', signal, code: 'EXPIRED' } as const,
  ]) {
    const encoded = encodeEvent(event);
    const decoded = decodeMessage(encoded.topic, encoded.value, DEFAULTS);
    assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message);
  }
});

function changed(type: string, change: (data: Record<string, unknown>) => void): readonly [string, string] {
  const event = sampleEvents().find((sample) => sample.type === type);
  assert.ok(event !== undefined);
  const encoded = encodeEvent(event);
  const message = JSON.parse(encoded.value) as { data: Record<string, unknown> };
  change(message.data);
  return [JSON.stringify(message), encoded.topic];
}

test('amounts that contradict each other are refused', () => {
  const cases: readonly (readonly [string, Fields, RegExp])[] = [
    ['validated_signal', { validated_quantity: 11 }, /expected the signal's 10, found 11/],
    ['order_filled', { quantity: 11 }, /at most the ordered 10, found 11/],
    ['order_filled', { fees: '-0.01' }, /fees: expected an amount from zero/],
    ['order_filled', { side: 'SELL' }, /side: expected BUY as in signal_type/],
    ['order_cancelled', { filled_quantity: 11 }, /at most the ordered 10/],
    ['order_expired', { filled_quantity: -1 }, /filled_quantity/],
    ['order_submitted', { price: null }, /price: expected a price above zero/],
    ['order_submitted', { limit_price: null }, /limit_price: expected a price because order_type is limit/],
    ['order_placed', { order_type: 'market' }, /order_type: expected limit/],
    ['order_placed', { order_type: 'stop' }, /order_type: expected stop_limit because there is a limit_price/],
    ['order_placed', { trigger_price: '1.00' }, /order_type: expected stop_limit because there is a trigger_price/],
    ['order_submitted', { slice: { index: 3, count: 3 } }, /slice\.index: expected less than the count 3/],
    ['order_change', { action: 'cancel' }, /action: expected modify because new terms are given/],
    ['order_change', { quantity: null, limit_price: null }, /action: expected cancel because no new term is given/],
    ['pnl_snapshot', { total_pnl: '1.00' }, /total_pnl: expected realized_pnl \+ unrealized_pnl/],
    ['ledger_adjusted', { amount: '2500.00' }, /amount: expected less than 0 for a withdrawal/],
    ['ledger_adjusted', { kind: 'deposit' }, /amount: expected more than 0 for a deposit/],
    ['ledger_adjusted', { amount: '0.00' }, /amount/],
    ['ledger_adjusted', { kind: 'charges', amount: '0.00' }, /amount: expected charges to be more or less than 0/],
    ['ledger_adjusted', { amount: undefined }, /amount: .*found nothing/],
    ['corporate_action', { ratio: null }, /ratio: expected from and to because action is split, found nothing/],
    ['corporate_action', { ratio: { from: 2, to: 2 } }, /ratio: expected another number of shares than before/],
    ['corporate_action', { action: 'bonus', ratio: { from: 5, to: 1 } }, /ratio: expected more shares than before/],
    ['corporate_action', { amount_per_share: '1.00' }, /amount_per_share: expected nothing because action is split/],
    ['corporate_action', { action: 'dividend' }, /amount_per_share: expected an amount because action is dividend/],
    [
      'corporate_action',
      { action: 'dividend', amount_per_share: '1.00' },
      /ratio: expected nothing because action is div/,
    ],
    ['corporate_action', { ex_date: '14 June' }, /ex_date: expected a day such as "2021-06-11"/],
    ['control_changed', { action: 'everything_allowed' }, /action: expected strategy_quarantined, /],
    ['control_changed', { action: 'killed', subject: 'papr' }, /subject: expected global, paper, strategy:ID or/],
    ['control_changed', { action: 'released', subject: 'paper', why: '' }, /why: expected a reason for released/],
    ['control_changed', { action: 'limit_changed', subject: 'paper' }, /limit_value: expected a limit, one of/],
    [
      'control_changed',
      { action: 'limit_changed', subject: 'paper', limit_name: 'max_order_value', limit_value: '-1' },
      /limit_value: expected max_order_value to be rupees .* of at least 0, found "-1"/,
    ],
    [
      'control_changed',
      { action: 'limit_changed', subject: 'strategy:a', limit_name: 'max_orders_per_second', limit_value: '1' },
      /max_orders_per_second is of the whole account/,
    ],
    ['rejected_signal', { risk_checks: { A: 'yes' } }, /risk_checks/],
  ];
  for (const [type, fields, message] of cases) {
    const [value, name] = changed(type, (data) => Object.assign(data, fields));
    const error = errorOf(value, name);
    assert.deepEqual([error.code, message.test(error.message)], ['INVALID_DATA', true], error.message);
  }
});

test('a field that decides money never has a default: each one missing is refused by name', () => {
  const deciding: Readonly<Record<string, readonly string[]>> = {
    trading_signal: ['strategy_id', 'instrument_token', 'signal_type', 'quantity'],
    order_submitted: ['side', 'quantity', 'price', 'order_type', 'limit_price', 'validity', 'product', 'expires_at'],
    order_filled: ['side', 'quantity', 'fill_price', 'fees', 'ordered_quantity', 'fill_id', 'order_id'],
    order_cancelled: ['side', 'quantity', 'filled_quantity'],
    ledger_adjusted: ['strategy_id', 'amount', 'kind', 'who', 'why'],
    corporate_action: ['instrument_token', 'action', 'ratio', 'ex_date', 'who', 'why'],
    pnl_snapshot: ['realized_pnl', 'unrealized_pnl', 'total_pnl', 'cash', 'fees', 'equity', 'net_pnl', 'max_drawdown'],
  };
  for (const [type, fields] of Object.entries(deciding)) {
    for (const name of fields) {
      const [value, place] = changed(type, (data) => delete data[name]);
      const error = errorOf(value, place);
      assert.deepEqual([error.code, error.message.includes(`data.${name}: `)], ['INVALID_DATA', true], error.message);
    }
  }
});

test('an envelope that left fields out is filled in, and one trace comes out', () => {
  const read = decodeEnvelope(RAW, envelope(SIGNAL, { extra: true }), DEFAULTS);
  assert.ok(read.ok);
  assert.deepEqual(read.value, {
    id: 'paper.signals.raw:0:7',
    type: 'trading_signal',
    version: 2,
    broker: 'paper',
    key: '',
    source: 'outside',
    ts: '2021-06-11T03:45:00.000Z',
    correlation_id: 'paper.signals.raw:0:7',
    causation_id: null,
    trace_id: 'paper.signals.raw:0:7',
    parent_trace_id: null,
    data: SIGNAL,
  });
});

test('every code of the catalogue has a sentence, and every topic can be asked', () => {
  for (const sentence of Object.values(WIRE_ERROR_CODES)) assert.match(sentence, /^[A-Z].*\.$/);
  for (const name of topicsOf(['paper' as BrokerId])) {
    assert.equal(errorOf('{}', name).code, 'NO_ENVELOPE', name);
    assert.equal(errorOf('{}', deadLetterTopic(name)).code, 'NO_ENVELOPE', name);
  }
});
