// How a wrong setting is told: the variable's name, what was found and what is accepted, never showing a secret.
import { hasControlCharacter } from './setting.ts';
import type { Secrecy, Setting } from './setting.ts';
import type { Found } from './sources.ts';

/** An error stops the start; a warning is printed. */
export interface SettingsProblem {
  readonly severity: 'error' | 'warning';
  /** The variable to change, or the line of `.env`. */
  readonly name: string;
  readonly text: string;
}

const MASK = '********';
const LONGEST_SHOWN = 80;
const PLACES = { 'command line': 'on the command line', environment: 'in the environment', '.env': 'in .env' } as const;

export function error(name: string, text: string): SettingsProblem {
  return { severity: 'error', name, text };
}

export function warning(name: string, text: string): SettingsProblem {
  return { severity: 'warning', name, text };
}

/** The problem of a text that its setting does not accept. */
export function badValue(name: string, setting: Setting<unknown>, found: Found): SettingsProblem {
  const shown = found.text === '' ? 'nothing' : quote(maskText(found.text, setting.secrecy));
  return error(name, `found ${shown} ${PLACES[found.origin]}, expected ${setting.accepts}`);
}

/** One problem on one line, for a terminal or a log. */
export function formatProblem(problem: SettingsProblem): string {
  return `${problem.severity} ${printable(problem.name)}: ${problem.text}`;
}

/** A value as it may be shown: secrets and the passwords inside URLs are hidden, whatever their length. */
export function maskText(text: string, secrecy: Secrecy): string {
  if (secrecy === 'open' || text === '') return text;
  if (secrecy === 'secret' || !URL.canParse(text) || !text.includes('://')) return MASK;
  return text.replace(/^([^:]+:\/\/[^:@/]*:).*@/, `$1${MASK}@`).replace(/([?&][^=&]*password=)[^&#]*/gi, `$1${MASK}`);
}

/** A text that cannot break the line it is printed on. */
export function printable(text: string): string {
  return hasControlCharacter(text) ? JSON.stringify(text) : text;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}
