// What may be asked of Kite by those who only look at the market. Whoever holds no more than this cannot send an order,
// whatever it is made to ask for.
import { type HttpClient, type HttpRequest } from './http.ts';

type Requests = Pick<HttpClient, 'request'>;

const READS = /^\/(user\/profile|instruments(\/.*)?|quote(\/(ohlc|ltp))?)$/;
const SIGN_IN = '/session/token';

/** The same requests but for all that is neither market data nor signing in; those are never sent. */
export function dataOnly(http: Requests): Requests {
  return {
    request: (asked) => {
      if (isData(asked)) return http.request(asked);
      const message = `${asked.method} ${asked.path} is neither market data nor signing in, and nothing else may be asked here`;
      return Promise.resolve({ kind: 'not_sent', message });
    },
  };
}

function isData({ method, path }: HttpRequest): boolean {
  if (method === 'POST') return path === SIGN_IN;
  return method === 'GET' && READS.test(path) && !path.includes('..');
}
