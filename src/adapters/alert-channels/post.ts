// One POST of JSON. What is said of a failure never has the URL, of which parts may be secret.

export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await answerOf(url, body, headers, signal);
  if (typeof answer === 'string') throw new Error(answer);
  if (answer < 200 || answer > 299) throw new Error(`expected an answer of 2xx, found ${answer}`);
}

/** The status, or why there is none. */
async function answerOf(...[url, body, headers, signal]: Parameters<typeof postJson>): Promise<number | string> {
  try {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const answer = await fetch(url, { ...sent, redirect: 'manual', signal });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    return signal.aborted ? 'no answer in time' : `no connection: ${reasonOf(error)}`;
  }
}

/** The code of the system; the words of the error may repeat the URL. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error instanceof Error ? error.name : 'unknown';
}
