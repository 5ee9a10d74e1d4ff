// One row of a tape, `2021-06-11 09:15:47,3218.05,22359`, read from its bytes: no text, date or array is made a row,
// since a day has a million of them. What a row means beside its neighbours is the cursor's business.
import { NO_VOLUME } from '#core/market/tick.ts';
import { MINUTE_MS, SECOND_MS, parseDay, startOfDay } from '#core/time.ts';
import { RUPEE } from '#core/decimal.ts';

const ZERO = 0x30;
const TWO = 0x32;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
const SPACE = 0x20;

const DAY_WIDTH = 10;
const TIME_WIDTH = 19;
const WHOLE_DIGITS_MAX = 12;
const DECIMALS_MAX = 4;
const VOLUME_DIGITS_MAX = 15;
const NOT_TWO_DIGITS = 99;
const NO_DAY = -1;
const FAILED = -1;

/** Reads rows into its fields, which hold the last row that `parse` accepted. */
export class RowParser {
  /** Epoch milliseconds. */
  time = 0;
  /** In 1/10,000 rupee. */
  price = 0;
  /** `NO_VOLUME` when the column is empty or no whole number. */
  volume = NO_VOLUME;
  readonly #dayText = new Uint8Array(DAY_WIDTH);
  #midnight = NO_DAY;

  /** The first field that fails, in the order of the columns; a row without exactly three columns has a bad price. */
  parse(bytes: Uint8Array, start: number, stop: number): 'bad_time' | 'bad_price' | undefined {
    const timeEnd = this.#readTime(bytes, start, stop);
    if (timeEnd === FAILED) return 'bad_time';
    if (timeEnd === stop) return 'bad_price';
    const priceEnd = this.#readPrice(bytes, timeEnd + 1, stop);
    if (priceEnd === FAILED || priceEnd === stop || bytes[priceEnd] !== COMMA) return 'bad_price';
    // A further comma shifts every column, as in 15,795.95: the price cannot be trusted.
    return this.#readVolume(bytes, priceEnd + 1, stop) ? undefined : 'bad_price';
  }

  /** Where the field ends, or `FAILED`. */
  #readTime(bytes: Uint8Array, start: number, stop: number): number {
    if (stop - start < TIME_WIDTH) return FAILED;
    const midnight = this.#midnightOf(bytes, start);
    const hours = twoDigits(bytes, start + 11);
    const minutes = twoDigits(bytes, start + 14);
    const seconds = twoDigits(bytes, start + 17);
    if (midnight === NO_DAY || hours > 23 || minutes > 59 || seconds > 59) return FAILED;
    if (bytes[start + 10] !== SPACE || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return FAILED;
    this.time = midnight + (hours * 60 + minutes) * MINUTE_MS + seconds * SECOND_MS;
    const end = start + TIME_WIDTH;
    if (end === stop || bytes[end] === COMMA) return end;
    return bytes[end] === DOT ? this.#readFraction(bytes, end + 1, stop) : FAILED;
  }

  /** Adds the fraction of a second, one to nine digits, cut to milliseconds. */
  #readFraction(bytes: Uint8Array, start: number, stop: number): number {
    let at = start;
    let worth = 100;
    for (let digit = digitAt(bytes, at); at < stop && digit >= 0; digit = digitAt(bytes, at)) {
      this.time += digit * worth;
      worth = worth > 1 ? worth / 10 : 0;
      at++;
    }
    if (at === start || at - start > 9) return FAILED;
    return at === stop || bytes[at] === COMMA ? at : FAILED;
  }

  /** Midnight of the row's day; the day is read once while rows repeat it. */
  #midnightOf(bytes: Uint8Array, start: number): number {
    // The years before 2000 stand for a clock that was never set: not worth losing the day that is kept.
    if ((bytes[start] ?? 0) < TWO) return NO_DAY;
    const day = this.#dayText;
    for (let k = 0; k < DAY_WIDTH; k++) {
      if (bytes[start + k] !== day[k]) return this.#readDay(bytes.subarray(start, start + DAY_WIDTH));
    }
    return this.#midnight;
  }

  #readDay(text: Uint8Array): number {
    this.#dayText.set(text);
    const day = parseDay(String.fromCharCode(...text));
    this.#midnight = day === undefined ? NO_DAY : startOfDay(day);
    return this.#midnight;
  }

  /** Where the number ends, or `FAILED` when it is none, zero, has more than four decimals or is too large. */
  #readPrice(bytes: Uint8Array, start: number, stop: number): number {
    let at = start;
    let units = 0;
    for (let digit = digitAt(bytes, at); at < stop && digit >= 0; digit = digitAt(bytes, ++at))
      units = units * 10 + digit;
    if (at === start || at - start > WHOLE_DIGITS_MAX) return FAILED;
    let worth = RUPEE;
    if (at < stop && bytes[at] === DOT) {
      const first = ++at;
      for (let digit = digitAt(bytes, at); at < stop && digit >= 0; digit = digitAt(bytes, ++at)) {
        units = units * 10 + digit;
        worth /= 10;
      }
      if (at === first || at - first > DECIMALS_MAX) return FAILED;
    }
    this.price = units * worth;
    return this.price > 0 && Number.isSafeInteger(this.price) ? at : FAILED;
  }

  /** False when there is a further column. */
  #readVolume(bytes: Uint8Array, start: number, stop: number): boolean {
    let volume = 0;
    let isNumber = stop > start && stop - start <= VOLUME_DIGITS_MAX;
    for (let at = start; at < stop; at++) {
      const digit = digitAt(bytes, at);
      if (digit >= 0) volume = volume * 10 + digit;
      else if (bytes[at] === COMMA) return false;
      else isNumber = false;
    }
    this.volume = isNumber ? volume : NO_VOLUME;
    return true;
  }
}

/** The digit at a place, or -1. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO;
  return digit <= 9 ? digit : -1;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = digitAt(bytes, at);
  const ones = digitAt(bytes, at + 1);
  return tens >= 0 && ones >= 0 ? tens * 10 + ones : NOT_TWO_DIGITS;
}
