// Numbers and times as a person in India reads them. Amounts stay text from the API to the screen: grouping moves no digit, and
// sums are whole numbers of 1/10,000 rupee.

const UNITS = 10_000n;
const FRACTION_DIGITS = 4;

/** Digits in groups of two above the first thousand: 12,34,567. */
export function grouped(digits: string): string {
  const last = digits.slice(-3);
  const rest = digits.slice(0, -3);
  return rest === '' ? last : `${rest.replaceAll(/\B(?=(\d{2})+$)/g, ',')},${last}`;
}

/** A decimal of the API, with at least two digits behind the point and all that it has. */
export function decimalText(value: string): string {
  const negative = value.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? value.slice(1) : value).split('.');
  const kept = fraction.replace(/0+$/, '').padEnd(2, '0');
  const isZero = /^0*$/.test(whole) && /^0*$/.test(fraction);
  return `${negative && !isZero ? '−' : ''}${grouped(whole)}.${kept}`;
}

export function rupees(value: string): string {
  const text = decimalText(value);
  return text.startsWith('−') ? `−₹${text.slice(1)}` : `₹${text}`;
}

/** With its sign in front, also of a gain. */
export function signedRupees(value: string): string {
  return signOf(value) > 0 ? `+${rupees(value)}` : rupees(value);
}

export function signOf(value: string): -1 | 0 | 1 {
  const units = unitsOf(value);
  return units > 0n ? 1 : units < 0n ? -1 : 0;
}

/** A decimal as a whole number of 1/10,000. */
export function unitsOf(value: string): bigint {
  const negative = value.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? value.slice(1) : value).split('.');
  const units = BigInt(whole) * UNITS + BigInt(fraction.padEnd(FRACTION_DIGITS, '0').slice(0, FRACTION_DIGITS));
  return negative ? -units : units;
}

/** The exact sum of decimals, as a decimal. */
export function sumOf(values: readonly string[]): string {
  return decimalOf(values.reduce((sum, value) => sum + unitsOf(value), 0n));
}

export function decimalOf(units: bigint): string {
  const size = units < 0n ? -units : units;
  const fraction = `${size % UNITS}`.padStart(FRACTION_DIGITS, '0');
  return `${units < 0n ? '-' : ''}${size / UNITS}.${fraction}`;
}

export function count(value: number): string {
  const digits = grouped(`${Math.abs(Math.trunc(value))}`);
  return value < 0 ? `−${digits}` : digits;
}

/** A rate a second with as many digits as say something. */
export function rate(perSecond: number): string {
  if (perSecond >= 100) return count(Math.round(perSecond));
  return perSecond === 0 ? '0' : perSecond.toFixed(perSecond >= 10 ? 1 : 2);
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Kolkata',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const DAY = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Kolkata',
  day: '2-digit',
  month: 'short',
  year: 'numeric',
});

/** Indian time of day. */
export function clock(at: string | number): string {
  return CLOCK.format(new Date(at));
}

/** With milliseconds, where the order of events counts. */
export function exactClock(at: string): string {
  const time = new Date(at);
  return `${CLOCK.format(time)}.${`${time.getUTCMilliseconds()}`.padStart(3, '0')}`;
}

export function day(at: string | number): string {
  return DAY.format(new Date(at));
}

/** An instant for people, with its zone. */
export function instant(at: string): string {
  return `${day(at)} ${clock(at)} IST`;
}

/** A word of the wire for people: `partially_filled` is “partially filled”. */
export function words(name: string): string {
  return name.replaceAll('_', ' ').toLowerCase();
}
