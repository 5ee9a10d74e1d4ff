// The rule for documents: a path that a document names must exist, so that renaming a file finds the pages to change.
import { posix } from 'node:path';
import type { Finding } from './finding.ts';
import { lineAt, type SourceFile } from './source-text.ts';

const namedPath =
  /`((?:src|strategies|kite-simulator|docs|tools|config|test|examples|bin|web|\.ci)\/[^`\s]*)`|\]\((?![a-z]+:|#)([^)\s]+)\)/g;

/** @param exists whether a file or folder of this path from the project root is there */
export function checkDocs(file: SourceFile, exists: (path: string) => boolean): Finding[] {
  if (!file.path.endsWith('.md')) return [];
  return [...file.text.matchAll(namedPath)].flatMap((match) => {
    const [, quoted, linked] = match;
    const path = quoted === undefined ? linkTarget(file.path, linked ?? '') : fixedPart(quoted);
    if (path === undefined || exists(path)) return [];
    const todo = 'No such file or folder: correct the path, or the page that speaks of it.';
    return [{ path: file.path, line: lineAt(file.text, match.index), found: `\`${quoted ?? linked}\``, todo }];
  });
}

/** Without a line number, and up to the first part that stands for several names (`*`, `{a,b}`, `<name>`, `…`). */
function fixedPart(named: string): string {
  const parts = named.replace(/[:#].*$/, '').split('/');
  const open = parts.findIndex((part) => /[*{<…]|\.\.\./.test(part));
  return trimSlash((open === -1 ? parts : parts.slice(0, open)).join('/'));
}

/** A link is relative to its page; one that leaves the project is somebody else's. */
function linkTarget(page: string, link: string): string | undefined {
  const path = posix.normalize(posix.join(posix.dirname(page), link.replace(/#.*$/, '')));
  return path.startsWith('..') ? undefined : trimSlash(path);
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
