// `npm run bench -- fuzz [--inputs N] [--seed N]`: bytes that nobody should send, for the decoder of Kite's ticker and the
// reader of its answers. Every input is accounted for, and nothing is accepted without its proof.
import { parseArgs } from 'node:util';
import { writeOutcome } from '#adapters/zerodha/answer.ts';
import { orderRows, tradeRows } from '#adapters/zerodha/rows.ts';
import { FrameDecoder } from '#adapters/zerodha/ticker/frame-decoder.ts';
import { draw } from '#core/random.ts';

const TOKEN = 408_065;
const LENGTHS = [8, 28, 32, 44, 184, 0, 1, 13, 200];

/** Draws whole numbers from the seed, the input's number and a counter. */
class Draws {
  readonly #seed: number;
  readonly #input: number;
  #count = 0;

  constructor(seed: number, input: number) {
    this.#seed = seed;
    this.#input = input;
  }

  below(limit: number): number {
    return draw(this.#seed, `fuzz ${this.#input}`, this.#count++) % limit;
  }
}

function randomFrame(draws: Draws): Buffer {
  const packets = draws.below(5);
  const parts: Buffer[] = [Buffer.from([0, packets])];
  for (let k = 0; k < packets; k++) {
    const length = LENGTHS[draws.below(LENGTHS.length)] as number;
    const packet = Buffer.alloc(2 + length, draws.below(256));
    packet.writeUInt16BE(length);
    if (length >= 4 && draws.below(3) > 0) packet.writeUInt32BE(TOKEN, 2);
    parts.push(packet);
  }
  const whole = Buffer.concat(parts);
  for (let flips = draws.below(4); flips > 0; flips--) whole[draws.below(whole.length)] = draws.below(256);
  return draws.below(4) === 0 ? whole.subarray(0, draws.below(whole.length + 1)) : whole;
}

/** Why the decoder did wrong; undefined when all is accounted for. */
function troubleWithFrame(frame: Buffer): string | undefined {
  const decoder = new FrameDecoder(new Map([[TOKEN, 0]]));
  let taken = 0;
  decoder.decode(frame, {
    packet: (_instrument, price) => {
      if (!(Number.isSafeInteger(price) && price > 0)) throw new Error(`took the price ${price}`);
      taken++;
    },
  });
  const { malformed_frame: malformed, ...others } = decoder.refused;
  const counted = taken + Object.values(others).reduce((sum, each) => sum + each, 0);
  if (frame.length === 1) return counted + malformed === 0 ? undefined : 'a heartbeat was counted';
  if (malformed === 1) return counted === 0 ? undefined : 'a broken frame was taken in part';
  return counted === frame.readUInt16BE(0)
    ? undefined
    : `${counted} of ${frame.readUInt16BE(0)} packets were accounted for`;
}

const GOOD = [
  '{"status":"success","data":{"order_id":"1234567890123456789"}}',
  '{"status":"error","message":"Insufficient funds. Required margin is 1.","error_type":"MarginException","data":null}',
  '{"status":"success","data":[{"trade_id":"1","order_id":"200000000000000","transaction_type":"BUY","quantity":1,"average_price":10.5,"fill_timestamp":"2026-01-05 09:20:00"}]}',
];
const STATUSES = [200, 200, 400, 403, 429, 500, 502];

function randomText(draws: Draws): string {
  const good = GOOD[draws.below(GOOD.length)] as string;
  const text = good.split('');
  for (let edits = draws.below(6); edits > 0; edits--) {
    const at = draws.below(text.length);
    if (draws.below(2) === 0) text.splice(at, 1 + draws.below(8));
    else text[at] = String.fromCharCode(32 + draws.below(95));
    if (text.length === 0) break;
  }
  return text.join('');
}

function troubleWithAnswer(status: number, text: string): string | undefined {
  const outcome = writeOutcome({ kind: 'answered', status, text });
  if (outcome.kind === 'accepted') {
    const shows = status === 200 && text.includes(outcome.orderId) && /^\d{6,24}$/.test(outcome.orderId);
    return shows ? undefined : 'an order was accepted without its id';
  }
  if (outcome.kind === 'refused') return status === 400 ? undefined : `refused with ${status}`;
  if (outcome.kind === 'not_sent') return status === 429 ? undefined : `not sent with ${status}`;
  for (const rows of [orderRows, tradeRows]) {
    const found = rows.safeParse(text);
    if (found.success) return 'a text was taken for rows';
  }
  return undefined;
}

export function benchFuzz(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  const outcomes = { frames: 0, answers: 0 };
  for (let input = 0; input < inputs; input++) {
    const draws = new Draws(seed, input);
    const isFrame = input % 2 === 0;
    const status = STATUSES[draws.below(STATUSES.length)] as number;
    const text = isFrame ? '' : randomText(draws);
    const frame = isFrame ? randomFrame(draws) : Buffer.alloc(1);
    const trouble = isFrame ? troubleWithFrame(frame) : troubleWithAnswer(status, text);
    if (isFrame) outcomes.frames++;
    else outcomes.answers++;
    if (trouble === undefined) continue;
    console.log(`fuzz: input ${input} of seed ${seed}: ${trouble}: ${isFrame ? frame.toString('hex') : text}`);
    return 1;
  }
  console.log(`fuzz: ${inputs} inputs, none crashed, hung or was taken without its proof`);
  console.log(JSON.stringify(outcomes));
  return 0;
}
