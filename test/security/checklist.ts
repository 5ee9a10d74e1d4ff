// What an installation that trades must hold, and the tests that fail when it does not, or why there is none. Names are those
// of OWASP ASVS 5.0 and of the API Security Top 10 of 2023.
export interface Line {
  readonly line: string;
  /** Titles of tests. */
  readonly tests?: readonly string[];
  /** What is not held, or by whom else. */
  readonly not?: string;
}

const ROUTES = 'every route answers whom the table lets ask, and nobody else';
const CANARY = 'no secret lies in the clear in what a platform leaves: files, logs, audit trail';
const HASTE = 'an address that asks without end is told when to come again; health goes on answering';

export const CHECKLIST: Readonly<Record<string, readonly Line[]>> = {
  'secrets (V6, V11, V13, V14; API2)': [
    {
      line: 'a known, short or simple secret stops a start in production',
      tests: ['ENVIRONMENT=production refuses weak secrets and open doors that development takes'],
    },
    {
      line: 'what must be read again is encrypted with AES-256-GCM, for one purpose and one owner',
      tests: [
        'a secret opens for what it was sealed for, under the same key, and never else',
        'no bit of what was sealed can be another',
        'a seed opens under the key it was made under, and for its user',
        'a webhook that is removed takes nothing more, and its secret lies nowhere in the clear',
      ],
    },
    {
      line: 'a session with Kite is encrypted',
      tests: ['keeps a token over a restart, readable by nobody without the secret'],
    },
    { line: 'no secret lies in files, logs or the audit trail', tests: [CANARY] },
    {
      line: 'passwords are argon2id, keys of the API are random and kept as SHA-256',
      tests: [
        'are known again by their hash, and no other is',
        'a key says who calls until it ends or is revoked, and cannot be renewed',
      ],
    },
    {
      line: 'a key that wraps keys, and rotation of it',
      not: 'AUTH__SECRET_KEY is one key of the environment; another one ends what it sealed',
    },
  ],
  'signing in and sessions (V6, V7; API2)': [
    {
      line: 'guessing is stopped, for a name and for an address',
      tests: ['a thousand guesses at a password are stopped after five, and the right one then waits as well'],
    },
    {
      line: 'a name that nobody has takes as long as a wrong password',
      tests: ['nobody is told whether it was the name or the password'],
    },
    {
      line: 'a second factor, each code good once',
      tests: [
        'the codes are those of RFC 6238, appendix B',
        'codes are asked for once one was confirmed, and each is good once',
        'whoever has the password cannot try codes without end, from wherever',
        'whoever has an authenticator app signs in with password and code, each code once',
      ],
    },
    {
      line: 'arming, releasing and limits want a password that was just entered; killing does not',
      tests: ['arming, releasing and limits want a password that was entered just now, and no key can do them'],
    },
    {
      line: 'a session ends after 8 hours',
      tests: ['a token is renewed until a working day after the password was entered'],
    },
    {
      line: 'a token ends when its user is disabled or has another password, and so does a stream',
      tests: [
        'a token ends when the user is disabled or has another password; the role is the one of now',
        'a stream ends when who asked for it is disabled',
      ],
    },
    {
      line: 'one sign-in of several can be ended',
      tests: ['one sign-in of several is ended, by its user or by an admin, and the others go on'],
    },
    {
      line: 'an idle session ends',
      not: 'a token ends after AUTH__ACCESS_TOKEN_EXPIRE_MINUTES unless its client renews it',
    },
  ],
  'signing in elsewhere (V6, V10; API2)': [
    {
      line: 'what goes with a person to Kite and back is of one page, good once, and of a user that is bound',
      tests: [
        'what was used, seen or made up signs nobody in',
        'a Kite user who is bound to nobody, or to one who is disabled, is let in by nothing',
      ],
    },
  ],
  'tokens (V9)': [
    {
      line: 'one algorithm, and nothing that a token says of itself is believed',
      tests: [
        'of forty forged tokens none is taken',
        'a token that we did not write is nobody’s, however it says it is signed',
      ],
    },
  ],
  'authorisation (V8; API1, API3, API5)': [
    {
      line: 'every route says who may ask, and all roles are tried on all of them, for own and foreign namespaces',
      tests: [ROUTES],
    },
    { line: 'lists leave out what the caller does not see', tests: ['whoever sees one namespace is told of no other'] },
    {
      line: 'fields that a body must not set are refused',
      tests: ['a body that is packed, too long or too deep is refused as it comes, and unpacks nothing'],
    },
  ],
  'input (V1, V2; API3, API10)': [
    {
      line: 'whatever is sent is refused with a problem that says why',
      tests: ['what is wrong is refused with a problem that says why'],
    },
    {
      line: 'messages are bounded in size and depth',
      tests: ['a message may be 64 KB long and 32 levels deep, and no more'],
    },
    { line: 'members of every object are no fields', tests: ['a field called __proto__ is refused at any depth'] },
    {
      line: 'no bytes make the decoder throw',
      tests: ['any JSON and any text on any topic is answered without throwing'],
    },
    {
      line: 'signals from outside are proved, recent, taken once, and of a quantity and an instrument that are allowed',
      tests: [
        'what is forged, late, strange or too much is refused, and no signal follows',
        'a message is taken once, and after a restart not again',
        'TradingView proves itself with the secret in the body, its time, and the addresses that are listed',
      ],
    },
  ],
  'rates and resources (V2, V4; API4, API6)': [
    { line: 'every address has a limit', tests: [HASTE] },
    {
      line: 'forwarded headers are believed from nobody',
      tests: ['an address that a header claims changes nothing: the socket’s counts'],
    },
    {
      line: 'slow and idle connections are let go of',
      tests: ['whoever sends a request letter by letter, or none at all, is let go of, and others are answered'],
    },
    {
      line: 'packed bodies are not unpacked, long ones are not read',
      tests: ['a body that is packed, too long or too deep is refused as it comes, and unpacks nothing'],
    },
    {
      line: 'streams are bounded, and a slow reader is closed',
      tests: ['what a stream cannot be is refused, and one too many is told to wait'],
    },
    {
      line: 'orders have a rate of their own for each user',
      tests: ['orders of one user have a rate of their own, and a kill is taken all the same'],
    },
  ],
  'web (V3, V4, V12; API8)': [
    {
      line: 'headers on every answer',
      tests: ['every answer of every route has the headers that keep it out of caches, frames and other pages'],
    },
    {
      line: 'pages elsewhere are answered by exact origin',
      tests: ['a page on the list may read answers and send what the settings allow'],
    },
    {
      line: 'no credential is taken from an address',
      tests: ['a credential in the address is refused on every route, and not repeated'],
    },
    {
      line: 'errors tell nothing of the inside',
      tests: ['a defect of ours is told to the log, and not to the client'],
    },
    {
      line: 'other machines are answered only where it is asked who calls',
      tests: ['with credentials other machines are answered; without them nothing is'],
    },
    { line: 'TLS and HSTS', not: 'the server speaks plain HTTP; a proxy in front has the certificate' },
    {
      line: 'no arming under a debugger',
      tests: ['a process that a debugger can be attached to cannot be armed'],
    },
  ],
  'logging and audit (V16)': [
    {
      line: 'one call is one line, whatever it says',
      tests: ['whatever is logged, one call is one line in every format, free of control characters and of secrets'],
    },
    {
      line: 'an audit trail that shows what was altered, deleted or moved, and misses nothing after a kill',
      tests: [
        'entries that were cut off at the end are missed by whoever kept a hash',
        'SQLite itself refuses to change or delete an entry',
        'the audit trail in PostgreSQL lets nobody change it, nor its owner',
        'a trail is whole after twenty kills, and again when it is made anew from the log',
        'a log that says something else than it did is found',
      ],
    },
    {
      line: 'a trail that was altered, and an address that guesses, are told to people while the platform runs',
      tests: [
        'an entry that was changed, taken out or taken away at the end is found, and stays found',
        'faults of a running platform are told over a channel, in the API, and in the runbook',
      ],
    },
    {
      line: 'a refusal without end does not fill the disk',
      tests: ['a refusal without end is written down once a minute, with how often it came'],
    },
  ],
  'outbound and third parties (V4, V15; API7, API10)': [
    {
      line: 'answers are bounded in length and time',
      tests: ['gives up an answer that is too long, breaks off, or does not come'],
    },
    {
      line: 'a redirect or a strange certificate of Kite',
      tests: [
        'follows no redirect, wherever it leads, and unpacks nothing',
        'sends nothing to a server whose certificate nobody vouches for',
      ],
    },
    {
      line: 'an address that somebody gives is asked over TLS or on this machine, no redirect is followed, and an admin gives it',
      tests: [
        'only what is encrypted on its way, or does not leave the machine, may be subscribed',
        'what did not arrive is sent again under the same id, and nothing after it before it has',
        'a subscription is added by an admin who has just signed in, and its secret and path are told nowhere again',
      ],
    },
  ],
};
