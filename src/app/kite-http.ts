// Requests to Kite as everything here makes them: given up after a while, and when an answer is out of all proportion.
import { HttpClient } from '#adapters/zerodha/http.ts';

const TIMEOUT_MS = 7_000;
/** A book of the 5,000 orders that an account may place in a day has about 5 MB, the list of all instruments 10. */
const ANSWER_BYTES_MAX = 16 * 1_048_576;

export function kiteHttp(root: string): HttpClient {
  return new HttpClient({ root, timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX });
}
