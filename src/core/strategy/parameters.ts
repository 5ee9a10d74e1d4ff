// The parameters of a strategy: declared in a table, checked once when a deployment is made, trusted afterwards.

interface Described {
  readonly doc: string;
}
export interface IntegerParameter extends Described {
  readonly kind: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface NumberParameter extends Described {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface BooleanParameter extends Described {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface ChoiceParameter extends Described {
  readonly kind: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}
/** Names a model; a deployment has it with the hash of its content, `momentum_v1@` and 64 hexadecimal digits. */
export interface ModelParameter extends Described {
  readonly kind: 'model';
  readonly default: string;
}
export type Parameter = IntegerParameter | NumberParameter | BooleanParameter | ChoiceParameter | ModelParameter;
export type ParameterTable = Readonly<Record<string, Parameter>>;

type ValueOf<P extends Parameter> = P extends { kind: 'boolean' }
  ? boolean
  : P extends { kind: 'choice' | 'model' }
    ? string
    : number;

export type ParameterValues<T extends ParameterTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** What came of reading parameters: the full set of values, or every problem found. */
export type ParameterResult<T extends ParameterTable> =
  | { readonly ok: true; readonly values: ParameterValues<T> }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads given values (numbers, booleans or their text) against the table; absent ones take their default. */
export function readParameters<T extends ParameterTable>(
  table: T,
  given: Readonly<Record<string, unknown>>,
): ParameterResult<T> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) {
      problems.push(`parameter ${name} is not known; known are ${Object.keys(table).join(', ')}`);
    }
  }
  for (const [name, parameter] of Object.entries(table)) {
    const value = Object.hasOwn(given, name) ? readValue(parameter, given[name]) : parameter.default;
    if (value === undefined) {
      problems.push(`parameter ${name} must be ${describe(parameter)}, found ${JSON.stringify(given[name])}`);
    } else values[name] = value;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, values: values as ParameterValues<T> };
}

/** What a parameter accepts, in words. */
export function describe(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'integer':
      return `a whole number from ${parameter.min} to ${parameter.max}`;
    case 'number':
      return `a number from ${parameter.min} to ${parameter.max}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${parameter.choices.join(', ')}`;
    case 'model':
      return 'the name of a model: lower-case letters, digits and _';
  }
}

const MODEL = /^[a-z][a-z0-9_]{0,63}(?:@[0-9a-f]{64})?$/;

function readValue(parameter: Parameter, given: unknown): number | boolean | string | undefined {
  switch (parameter.kind) {
    case 'boolean':
      if (given === true || given === 'true') return true;
      return given === false || given === 'false' ? false : undefined;
    case 'choice':
      return typeof given === 'string' && parameter.choices.includes(given) ? given : undefined;
    case 'model':
      return typeof given === 'string' && MODEL.test(given) ? given : undefined;
    case 'integer':
    case 'number': {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      if (typeof value !== 'number' || !(value >= parameter.min && value <= parameter.max)) return undefined;
      return parameter.kind === 'number' || Number.isInteger(value) ? value : undefined;
    }
  }
}
