// What a rule reports: where, what was found, and what to do about it. Apart, because every rule file needs it.

export type Finding = {
  readonly path: string;
  readonly line: number;
  readonly found: string;
  readonly todo: string;
};

export function describeFinding(finding: Finding): string {
  return `${finding.path}:${finding.line}: found ${finding.found}. ${finding.todo}`;
}
