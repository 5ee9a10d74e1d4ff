// Splits source text into what is code, what is a comment and what is quoted, so that a rule about code is not tripped by
// a word in a comment or a string. It is a scanner, not a parser: enough to blank text, line by line, in place.

export type SourceFile = {
  /** From the project root, with forward slashes. */
  readonly path: string;
  readonly text: string;
};

/** The same text in three readings; every reading has the same length and the same line breaks. */
export type Readings = {
  readonly raw: string;
  /** Comments blanked. */
  readonly uncommented: string;
  /** Comments and the insides of strings, templates and regular expressions blanked; quotes stay. */
  readonly code: string;
};

type Kind = 'code' | 'comment' | 'quoted';

export function readingsOf(text: string): Readings {
  const kinds = kindsOf(text);
  return {
    raw: text,
    uncommented: blank(text, (at) => kinds[at] === 'comment'),
    code: blank(text, (at) => kinds[at] !== 'code'),
  };
}

export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function blank(text: string, hidden: (at: number) => boolean): string {
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    result += char !== '\n' && hidden(at) ? ' ' : char;
  }
  return result;
}

function kindsOf(text: string): Kind[] {
  const kinds: Kind[] = [];
  // One entry for each template we are inside of: the depth of braces in its `${…}` that is being read.
  const templates: number[] = [];
  let at = 0;

  function mark(kind: Kind, end: number): void {
    while (at < end && at < text.length) {
      kinds.push(kind);
      at += 1;
    }
  }
  function quoted(end: number): void {
    mark('quoted', end);
    mark('code', end + 1);
  }
  function template(): void {
    const end = templateChunkEnd(text, at);
    if (text.charAt(end) === '$') {
      mark('quoted', end);
      mark('code', end + 2);
      templates.push(0);
    } else {
      quoted(end);
    }
  }

  while (at < text.length) {
    const char = text.charAt(at);
    const pair = text.slice(at, at + 2);
    const depth = templates.at(-1);
    if (pair === '//' || (at === 0 && pair === '#!')) mark('comment', indexOr(text, '\n', at));
    else if (pair === '/*') mark('comment', indexOr(text, '*/', at + 2) + 2);
    else if (char === "'" || char === '"') {
      mark('code', at + 1);
      quoted(closing(text, at, char));
    } else if (char === '`') {
      mark('code', at + 1);
      template();
    } else if (char === '/' && opensRegExp(text, at)) {
      mark('code', at + 1);
      quoted(regExpEnd(text, at));
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1;
      mark('code', at + 1);
      if (depth === 0 && char === '}') {
        templates.pop();
        template();
      }
    }
  }
  return kinds;
}

function indexOr(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found === -1 ? text.length : found;
}

/** A string that its line does not close ends with the line: the compiler reports it, we only must not lose our place. */
function closing(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== quote && text.charAt(at) !== '\n') {
    at += text.charAt(at) === '\\' ? 2 : 1;
  }
  return at;
}

function templateChunkEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== '`' && text.slice(at, at + 2) !== '${') {
    at += text.charAt(at) === '\\' ? 2 : 1;
  }
  return at;
}

function regExpEnd(text: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < text.length && text.charAt(at) !== '\n') {
    const char = text.charAt(at);
    if (char === '/' && !inClass) return at;
    if (char === '[') inClass = true;
    if (char === ']') inClass = false;
    at += char === '\\' ? 2 : 1;
  }
  return at;
}

/** A slash after a value divides; after an operator, an opening bracket or a keyword it opens a regular expression. */
function opensRegExp(text: string, slash: number): boolean {
  const before = text.slice(Math.max(0, slash - 40), slash).trimEnd();
  if (before === '') return true;
  return /(?:[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|throw))$/.test(before);
}
