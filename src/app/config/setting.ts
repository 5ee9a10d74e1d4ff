// What one setting is: how its text is read, its default, what is accepted, and the sentence that says its effect.
// Separate from the table so that the table reads as a list, and every kind of value is parsed in one way.
import { z } from 'zod';
import { parseDecimal } from '#core/decimal.ts';

/** Exact decimal text with at most four decimals and no needless zeros, such as `1000000` or `0.05`. Never a float. */
export type DecimalText = string & { readonly brand: 'DecimalText' };

export type SettingKind =
  | 'text'
  | 'path'
  | 'url'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'rupees'
  | 'percent'
  | 'size'
  | 'choice'
  | 'list'
  | 'feed'
  | 'speed';

/** How much of a value is hidden when it is shown: nothing, the password inside a URL, or everything. */
export type Secrecy = 'open' | 'password' | 'secret';

/** One row of the settings table. `T` is what the program sees; the world always writes text. */
export interface Setting<T> {
  readonly kind: SettingKind;
  /** The default as text, spelled as a person would write it; it passes `schema` like any other text. */
  readonly default: string;
  /** Ends the sentence "expected …". */
  readonly accepts: string;
  /** What the setting does, in one line. */
  readonly effect: string;
  readonly secrecy: Secrecy;
  readonly schema: z.ZodType<T, string>;
  /** The text that reads back as `value`. A method, so that any setting is a `Setting<unknown>`. */
  format(value: T): string;
}

/** What every row says beside its kind. */
export interface RowOptions {
  readonly default: string;
  readonly effect: string;
  readonly secrecy?: Secrecy;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function row<T>(
  kind: SettingKind,
  options: RowOptions,
  accepts: string,
  schema: z.ZodType<T, string>,
  format: (value: T) => string = String,
): Setting<T> {
  const { effect, secrecy = 'open' } = options;
  return { kind, default: options.default, accepts, effect, secrecy, schema, format };
}

const LONGEST_TEXT = 4096;
const plain = z
  .string()
  .max(LONGEST_TEXT)
  .refine((found) => !hasControlCharacter(found));

/** Free text without control characters; `pattern` narrows it, and then `accepts` says what it allows. */
export function text(options: RowOptions & { pattern?: RegExp; accepts?: string }): Setting<string> {
  const { pattern = /^/, accepts = 'text on one line' } = options;
  return row('text', options, accepts, plain.regex(pattern));
}

/** A file or folder; relative ones are counted from where the program was started. */
export function path(options: RowOptions): Setting<string> {
  return row('path', options, 'a path', plain.min(1));
}

/** A URL of one of `protocols`; a driver named in the scheme, as in `postgresql+asyncpg:`, is dropped. */
export function url(options: RowOptions & { protocols: readonly string[] }): Setting<string> {
  const { protocols } = options;
  const schema = plain
    .transform((found) => found.replace(/^([a-z]+)\+[a-z0-9]+:/i, '$1:'))
    .refine((found) => URL.canParse(found) && protocols.some((name) => found.toLowerCase().startsWith(`${name}://`)));
  return row('url', options, `a URL that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`, schema);
}

export function boolean(options: RowOptions): Setting<boolean> {
  const schema = z.stringbool({
    truthy: ['true', 't', 'yes', 'y', 'on', '1'],
    falsy: ['false', 'f', 'no', 'n', 'off', '0'],
  });
  return row('boolean', options, 'true or false (also yes, no, on, off, 1, 0)', schema);
}

export function integer(options: RowOptions & Range): Setting<number> {
  const schema = plain
    .regex(/^-?\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(options.min).max(options.max));
  return row('integer', options, `a whole number from ${options.min} to ${options.max}`, schema);
}

/** A number that decides no money: an interval, a factor or a threshold. Three decimals: a second has milliseconds. */
export function number(options: RowOptions & Range): Setting<number> {
  const accepts = `a number from ${options.min} to ${options.max} with at most 3 decimals`;
  return row('number', options, accepts, plainNumber(options));
}

/** An amount in rupees, never negative, kept as exact text. */
export function rupees(options: RowOptions & Range): Setting<DecimalText> {
  const accepts = `rupees from ${options.min} to ${options.max} with at most 4 decimals, such as 1000000 or 0.05`;
  return row('rupees', options, accepts, decimalText(options));
}

/** A percentage, never negative, kept as exact text: `0.05` is 0.05 %. */
export function percent(options: RowOptions & Range): Setting<DecimalText> {
  const accepts = `a percentage from ${options.min} to ${options.max} with at most 4 decimals, such as 0.05`;
  return row('percent', options, accepts, decimalText(options));
}

/** One of `values`; upper and lower case are the same, and the value is spelled as listed. */
export function choice<const V extends readonly string[]>(options: RowOptions & { values: V }): Setting<V[number]> {
  const { values } = options;
  const schema = plain
    .transform((found) => values.find((value) => value.toLowerCase() === found.toLowerCase()) ?? found)
    .pipe(z.enum(values));
  return row<V[number]>('choice', options, values.join(', ').replace(/, ([^,]*)$/, ' or $1'), schema);
}

/** Words separated by commas, or a JSON list of texts. `items` ends "expected a list of …". */
export function list(
  options: RowOptions & { items: string; pattern: RegExp; atLeast?: number },
): Setting<readonly string[]> {
  const { items, pattern, atLeast = 0 } = options;
  const schema: z.ZodType<readonly string[], string> = plain
    .transform(splitList)
    .pipe(z.array(z.string().regex(pattern)).min(atLeast));
  const accepts = `${atLeast > 0 ? 'one or more' : 'any number of'} ${items}, separated by commas or as a JSON list`;
  return row('list', options, accepts, schema, (value) => value.join(','));
}

const UNITS = ['B', 'KB', 'MB', 'GB'] as const;

/** A size in bytes, written with its unit: `100MB` is 100 × 1024 × 1024. */
export function size(options: RowOptions): Setting<number> {
  const schema = plain
    .regex(/^[1-9]\d{0,5}\s?[KMG]?B$/i)
    .transform((found) => Number(/\d+/.exec(found)?.[0]) * 1024 ** unitIndex(found));
  return row('size', options, 'a size such as 100MB (B, KB, MB or GB)', schema, (bytes) => {
    const unit = [3, 2, 1].find((index) => bytes % 1024 ** index === 0) ?? 0;
    return `${bytes / 1024 ** unit}${UNITS[unit] ?? 'B'}`;
  });
}

/** Where ticks come from. */
export type FeedSource =
  { readonly kind: 'simulator' } | { readonly kind: 'zerodha' } | { readonly kind: 'tape'; readonly path: string };

export function feedSource(options: RowOptions): Setting<FeedSource> {
  const schema = plain
    .regex(/^(simulator|zerodha|tape:.+)$/i)
    .transform((found): FeedSource =>
      found.includes(':')
        ? { kind: 'tape', path: found.slice('tape:'.length).trim() }
        : { kind: found.toLowerCase() === 'zerodha' ? 'zerodha' : 'simulator' },
    )
    .refine((source) => source.kind !== 'tape' || source.path !== '');
  const format = (source: FeedSource): string => (source.kind === 'tape' ? `tape:${source.path}` : source.kind);
  return row(
    'feed',
    options,
    'simulator, zerodha, or tape:PATH with a file or folder of recorded ticks',
    schema,
    format,
  );
}

/** A factor of real time, or as fast as the machine can. */
export type Speed = number | 'max';

export function speed(options: RowOptions & Range): Setting<Speed> {
  const max = plain.regex(/^max$/i).transform((): Speed => 'max');
  const schema = z.union([max, plainNumber(options)]);
  return row<Speed>('speed', options, `a factor from ${options.min} to ${options.max}, or max`, schema);
}

/** A setting that may also be empty, which means what `empty` says. */
export function optional<T>(inner: Setting<T>, empty: string): Setting<T | undefined> {
  const nothing = z.literal('').transform(() => undefined);
  return {
    ...inner,
    accepts: `${inner.accepts}, or nothing (${empty})`,
    schema: z.union([nothing, inner.schema]),
    format: (value) => (value === undefined ? '' : inner.format(value)),
  };
}

/** Whether a text holds a character that could break a terminal or a log line. */
export function hasControlCharacter(found: string): boolean {
  for (const character of found) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

function plainNumber(range: Range): z.ZodType<number, string> {
  return plain
    .regex(/^\d{1,12}(\.\d{1,3})?$/)
    .transform(Number)
    .pipe(z.number().min(range.min).max(range.max));
}

function decimalText(range: Range): z.ZodType<DecimalText, string> {
  const least = parseDecimal(`${range.min}`) ?? 0;
  const most = parseDecimal(`${range.max}`) ?? 0;
  return plain
    .refine((found) => {
      const units = found.startsWith('-') ? undefined : parseDecimal(found);
      return units !== undefined && units >= least && units <= most;
    })
    .transform((found) => {
      const [whole = '', fraction = ''] = found.split('.');
      const decimals = fraction.replace(/0+$/, '');
      return `${whole.replace(/^0+(?=\d)/, '')}${decimals === '' ? '' : `.${decimals}`}` as DecimalText;
    });
}

/** The items of a list, or what was found when it is not a list at all, for the schema behind to refuse. */
function splitList(found: string): unknown {
  if (!found.startsWith('[')) return found === '' ? [] : found.split(',').map((item) => item.trim());
  try {
    return JSON.parse(found) as unknown;
  } catch {
    return found;
  }
}

function unitIndex(found: string): number {
  const unit = found.replace(/[\d\s]/g, '').toUpperCase();
  return UNITS.findIndex((candidate) => candidate === unit);
}
