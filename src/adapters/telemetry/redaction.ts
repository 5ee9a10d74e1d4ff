// Makes any text safe to write: secrets masked, control characters escaped, length bounded. It is apart from the
// walking of values because it is the part that a security review reads first.

export const REDACTED = '[REDACTED]';
/** Longer texts are cut here, with a mark that says how much is missing. */
export const TEXT_LIMIT = 8_192;

/** Shorter values are no secrets and would mask half of every sentence; the names of their fields still protect them. */
const SECRET_LENGTH_MIN = 4;

// Spelled as `normaliseKey` leaves them, so that `api-secret`, `api_secret` and `apiSecret` are one name.
const SENSITIVE_KEYS: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'accesstoken',
  'refreshtoken',
  'requesttoken',
  'enctoken',
  'token',
  'apikey',
  'apisecret',
  'password',
  'secret',
  'secretkey',
  'cookie',
  'setcookie',
]);

// The program's own field names are few and come again and again; names from outside must not fill the memory.
const knownKeys = new Map<string, boolean>();
const KNOWN_KEYS_MAX = 1_000;

// The same names inside a text: a query string or form (`request_token=…`), JSON that was put into a message, itself
// quoted or not (`"password": "…"`), a header line (`Authorization: …`), or the password of a URL. These catch tokens
// that nobody could register beforehand.
const NAMES =
  'access[-_]?token|refresh[-_]?token|request[-_]?token|enctoken|token|api[-_]?key|api[-_]?secret|password|secret[-_]?key|secret';
const ASSIGNED = new RegExp(`\\b(${NAMES})=[^\\s&;,"'<>]+`, 'gi');
const QUOTED = new RegExp(
  `(\\\\*)"(${NAMES}|authorization|(?:set-)?cookie)\\1"(\\s*:\\s*)\\1".*?(?:(?<!\\\\)\\1"|$)`,
  'gis',
);
const HEADER = /\b(authorization|(?:set-)?cookie):[ \t]*[^\r\n]+/gi;
const URL_PASSWORD = /(:\/\/[^\s/:@]*):[^\s/@]+@/g;
// Almost no text has any of them; one scan decides whether the four above are needed.
const MAY_NAME_SECRET = /(?:token|key|secret|password|authorization|cookie)\\*["=:]|:\/\//i;

// C0, DEL, C1, the line and paragraph separators, and the marks that reorder text on a screen.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const CONTROLS = new RegExp(CONTROL, 'g');
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Whether a field of this name is masked whatever it holds. */
export function isSensitiveKey(key: string): boolean {
  let sensitive = knownKeys.get(key);
  if (sensitive !== undefined) return sensitive;
  sensitive = SENSITIVE_KEYS.has(normaliseKey(key));
  if (knownKeys.size < KNOWN_KEYS_MAX) knownKeys.set(key, sensitive);
  return sensitive;
}

/** Writes each control character as its escape, so that a text can neither end a line nor steer a terminal. */
export function escapeControls(text: string): string {
  if (!CONTROL.test(text)) return text;
  return text.replace(CONTROLS, (character) => {
    return SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Cleans texts, and can learn of secrets that appear while the process runs, such as a day's access token. */
export class TextCleaner {
  readonly #spellings = new Set<string>();
  #pattern: RegExp | undefined;
  #longest = 0;

  constructor(secrets: readonly string[]) {
    this.registerSecrets(secrets);
  }

  /** From now on these are masked wherever they stand in a text, also as a URL or as JSON spells them. */
  registerSecrets(secrets: readonly string[]): void {
    for (const secret of secrets.filter(({ length }) => length >= SECRET_LENGTH_MIN)) {
      for (const spelling of spellingsOf(secret)) this.#spellings.add(spelling);
    }
    // The longest first: where one secret begins with another, the whole of it must go.
    const ordered = [...this.#spellings].sort((a, b) => b.length - a.length);
    this.#longest = ordered[0]?.length ?? 0;
    this.#pattern = ordered.length === 0 ? undefined : new RegExp(ordered.map(escapePattern).join('|'), 'g');
  }

  /** The text as one line, without any secret, and at most a little over `TEXT_LIMIT` long. */
  clean(text: string): string {
    // A huge text is cut before it is searched. The cut may halve a secret, so as much as the longest one is searched
    // beyond the limit and then thrown away.
    const reach = TEXT_LIMIT + this.#longest;
    const scanned = text.length > reach ? text.slice(0, reach) : text;
    let masked = this.#pattern === undefined ? scanned : scanned.replace(this.#pattern, REDACTED);
    if (scanned.length < text.length) masked = masked.slice(0, Math.max(0, masked.length - this.#longest));
    if (MAY_NAME_SECRET.test(masked)) masked = maskNamed(masked);
    const kept = masked.slice(0, TEXT_LIMIT);
    const complete = scanned.length === text.length && kept.length === masked.length;
    return complete ? escapeControls(kept) : `${escapeControls(kept)}…[cut, ${text.length} characters in all]`;
  }
}

function maskNamed(text: string): string {
  return text
    .replace(QUOTED, `$1"$2$1"$3$1"${REDACTED}$1"`)
    .replace(HEADER, `$1: ${REDACTED}`)
    .replace(ASSIGNED, `$1=${REDACTED}`)
    .replace(URL_PASSWORD, `$1:${REDACTED}@`);
}

function spellingsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)];
}

function normaliseKey(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
