// One object of a data file that people write, read field by field. It knows its place, so that every complaint names the
// file, the place in it, what was expected and what was found.
import { parseDecimal } from './decimal.ts';
import { type DayNumber, formatDay, parseDay } from './time.ts';

/** A data file is wrong; the message says where and what to do. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError';
}

export class DataRow {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** The file, for messages. */
  readonly source: string;
  readonly #place: string;

  /**
   * Any field that is not among `known` is refused: a misspelt list would otherwise be an empty one. Without `known` the
   * fields are names that the file itself gives.
   */
  constructor(value: unknown, source: string, place: string, known: readonly string[] | undefined) {
    this.source = source;
    this.#place = place;
    this.#fields = {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#complain(place, 'an object', value);
    this.#fields = value as Readonly<Record<string, unknown>>;
    for (const key of known === undefined ? [] : Object.keys(this.#fields)) {
      if (known?.includes(key) === false) this.fail(key, `only the fields ${known.join(', ')}`);
    }
  }

  /** The names of the fields. */
  keys(): readonly string[] {
    return Object.keys(this.#fields);
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }

  row(field: string, known: readonly string[] | undefined): DataRow {
    return new DataRow(this.#fields[field], this.source, this.#placeOf(field), known);
  }

  rows(field: string, known: readonly string[]): readonly DataRow[] {
    return this.#list(field).map(
      (each, index) => new DataRow(each, this.source, `${this.#placeOf(field)}[${index}]`, known),
    );
  }

  /** A list of words that are all among `known`, each once. */
  words<Word extends string>(field: string, known: readonly Word[]): readonly Word[] {
    const list = this.#list(field);
    const words = known.filter((word) => list.includes(word));
    if (words.length !== list.length) this.fail(field, `some of ${known.join(', ')}, each once`);
    return words;
  }

  word<Word extends string>(field: string, known: readonly Word[]): Word {
    const value = this.#fields[field];
    return known.find((word) => word === value) ?? this.fail(field, `one of ${known.join(', ')}`);
  }

  text(field: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' && value.trim() !== '' ? value : this.fail(field, 'a text');
  }

  day(field: string): DayNumber {
    return parseDay(this.text(field)) ?? this.fail(field, 'a day such as 2021-06-11');
  }

  /** A whole number from `min` on. */
  whole(field: string, min: number): number {
    const value = this.#fields[field];
    const good = typeof value === 'number' && Number.isSafeInteger(value) && value >= min;
    return good ? value : this.fail(field, `a whole number from ${min} on`);
  }

  /** Rupees above or equal to zero, in 1/10,000. */
  rupees(field: string): number {
    const units = parseDecimal(this.text(field));
    return units !== undefined && units >= 0 ? units : this.fail(field, 'rupees as text such as "20" or "13.50"');
  }

  fail(field: string, expected: string): never {
    return this.#complain(this.#placeOf(field), expected, this.#fields[field]);
  }

  #list(field: string): readonly unknown[] {
    const list = this.#fields[field];
    return Array.isArray(list) && list.length > 0 ? list : this.fail(field, 'a list that is not empty');
  }

  #placeOf(field: string): string {
    return this.#place === '' ? field : `${this.#place}.${field}`;
  }

  #complain(place: string, expected: string, value: unknown): never {
    const found = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
    const where = place === '' ? this.source : `${this.source}: ${place}`;
    throw new DataFileError(`${where}: expected ${expected}, found ${found}. Correct the file.`);
  }
}

/** A row that holds from a day to a day, both included. */
export interface Dated {
  readonly from: DayNumber;
  readonly to: DayNumber;
}

/**
 * Reads rows that follow each other without a gap or an overlap over all the covered days. A row without `to` holds to
 * the end.
 */
export function datedRows<Row extends Dated>(
  rows: readonly DataRow[],
  covers: Dated,
  read: (row: DataRow, dates: Dated) => Row,
): readonly Row[] {
  let due: number = covers.from;
  return rows.map((row, index) => {
    const from = row.day('from');
    const to = row.has('to') ? row.day('to') : covers.to;
    const expected = formatDay(due as DayNumber);
    if (from > due) row.fail('from', `${expected}: the days before would be a gap`);
    if (from < due) row.fail('from', `${expected}: an earlier day would overlap the row before or what is covered`);
    if (to < from) row.fail('to', `a day not before ${formatDay(from)}`);
    const last = index === rows.length - 1;
    if (last && to !== covers.to) row.fail('to', `${formatDay(covers.to)}, the last covered day, in the last row`);
    due = to + 1;
    row.text('source');
    return read(row, { from, to });
  });
}
