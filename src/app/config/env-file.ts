// Reads the text of a `.env` file. Separate from the loader because its syntax is somebody else's: names, quotes,
// comments and the word `export`, as shells and other tools write them.

/** One assignment of the file. */
export interface EnvFileEntry {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** A line that is neither an assignment, a comment nor empty. */
export interface EnvFileProblem {
  readonly line: number;
  readonly text: string;
}

export interface EnvFile {
  readonly entries: readonly EnvFileEntry[];
  readonly problems: readonly EnvFileProblem[];
}

const ASSIGNMENT = /^(?:export\s+)?([^\s=#"']+)\s*=\s*(.*)$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Reads the file's text; a line that cannot be read is a problem, because the setting that it meant would be lost. */
export function parseEnvFile(content: string): EnvFile {
  const entries: EnvFileEntry[] = [];
  const problems: EnvFileProblem[] = [];
  const lines = content.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const line = index + 1;
    const [, name, rest] = ASSIGNMENT.exec(trimmed) ?? [];
    const text = rest === undefined ? undefined : readText(rest);
    // The line itself is never shown: it may hold a secret.
    if (name === undefined) problems.push({ line, text: 'expected NAME=value, a # comment or an empty line' });
    else if (text === undefined) problems.push({ line, text: `the quotes around the value of ${name} do not close` });
    else entries.push({ name, text, line });
  }
  return { entries, problems };
}

/** The value behind the `=`; undefined when an opening quote has no end or something follows the closing one. */
function readText(rest: string): string | undefined {
  if (rest.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(rest)?.[1];
  if (rest.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(rest)?.[1];
    return quoted?.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
  }
  return rest.replace(/(?:^|\s+)#.*$/, '').trim();
}
