// A request and its answer without a transport: the same code answers a socket and a test with a virtual clock.

export interface KiteRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The address that it came from. */
  readonly ip: string;
}

export interface PlainAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `silence` never answers and keeps the connection; `reset` cuts it. */
export type KiteAnswer = PlainAnswer | { readonly kind: 'silence' } | { readonly kind: 'reset' };

export const JSON_TYPE = 'application/json';

export function success(data: unknown): PlainAnswer {
  return { kind: 'answer', status: 200, type: JSON_TYPE, body: JSON.stringify({ status: 'success', data }) };
}

export function failure(status: number, errorType: string, message: string): PlainAnswer {
  const body = JSON.stringify({ status: 'error', message, data: null, error_type: errorType });
  return { kind: 'answer', status, type: JSON_TYPE, body };
}

export function htmlPage(status: number, title: string): PlainAnswer {
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { kind: 'answer', status, type: 'text/html', body };
}
