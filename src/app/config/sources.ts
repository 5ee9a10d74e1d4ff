// Where the texts of settings come from, and which one wins: command line, then environment, then `.env`. Names are
// the same in upper and lower case, so each source is folded to upper case here, once.
import { parseEnvFile } from './env-file.ts';
import { error, warning } from './problem.ts';
import type { SettingsProblem } from './problem.ts';

export type Origin = 'command line' | 'environment' | '.env' | 'default';

/** A text that somebody set. */
export interface Found {
  readonly text: string;
  readonly origin: Exclude<Origin, 'default'>;
}

export interface SourceTexts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly envFileText?: string;
  /** From the command line, by the settings' names. */
  readonly overrides?: Readonly<Record<string, string | undefined>>;
}

/** Everything that was set anywhere, by upper-case name, the winner of each name only. */
export interface Sources {
  readonly texts: ReadonlyMap<string, Found>;
  readonly problems: readonly SettingsProblem[];
}

interface Assignment {
  readonly name: string;
  readonly text: string;
}

export function gatherSources(from: SourceTexts): Sources {
  const file = parseEnvFile(from.envFileText ?? '');
  const problems = file.problems.map(({ line, text }) => error(`.env line ${line}`, text));
  const texts = new Map<string, Found>();
  // Weakest first, so that a stronger source replaces what is there.
  const layers: readonly [Found['origin'], readonly Assignment[]][] = [
    ['.env', file.entries],
    ['environment', assignments(from.env)],
    ['command line', assignments(from.overrides ?? {})],
  ];
  for (const [origin, layer] of layers) {
    const folded = new Map<string, string>();
    for (const { name, text: raw } of layer) {
      const text = raw.trim();
      const upper = name.toUpperCase();
      const before = folded.get(upper);
      if (before !== undefined && before !== text) {
        problems.push(warning(upper, `set more than once, to different values (${origin}); the last one counts`));
      }
      folded.set(upper, text);
    }
    for (const [name, text] of folded) texts.set(name, { text, origin });
  }
  return { texts, problems };
}

/** The variables of a record in an order that does not depend on it: the upper-case spelling comes last and so wins. */
function assignments(record: Readonly<Record<string, string | undefined>>): Assignment[] {
  return Object.entries(record)
    .flatMap(([name, text]) => (text === undefined ? [] : [{ name, text }]))
    .sort((a, b) => Number(isUpper(a.name)) - Number(isUpper(b.name)) || (a.name < b.name ? -1 : 1));
}

function isUpper(name: string): boolean {
  return name === name.toUpperCase();
}
