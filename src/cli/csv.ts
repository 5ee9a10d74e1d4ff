// Lines of comma-separated values as RFC 4180 has them. A spreadsheet would carry out a text that looks like a formula, so
// such a text is marked as text.

/** A field: a number as text is told apart from words by its column. */
export type CsvField = string | number | null;

/** One line for each row below a line of titles; `null` is an empty field. */
export function csvText(titles: readonly string[], rows: readonly (readonly CsvField[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function csvField(field: CsvField): string {
  if (field === null) return '';
  const text = `${field}`;
  const safe = /^[=+\-@\t\r]/.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
