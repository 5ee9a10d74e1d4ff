// The one way to the API: every call is an operation of the generated table, with what it is sent and what it answers.
import { credentialRefused, currentToken } from '../session.ts';
import type { Operations } from './operations.ts';

export type OperationName = keyof Operations;
export type Answer<Name extends OperationName> = Operations[Name]['answer'];
export type Sent<Name extends OperationName> = {
  readonly path?: Operations[Name]['path'];
  readonly query?: Operations[Name]['query'];
  readonly body?: Operations[Name]['body'];
};

/** The items of an operation that answers a list. */
export type Item<Name extends OperationName> =
  Answer<Name> extends { readonly items: readonly (infer Each)[] } ? Each : never;

/** What the platform refused, in its own words; status 0 when it did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, detail: string, retryAfterMs?: number) {
    super(detail);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const WAIT_MS_MAX = 15_000;

/** Asks, or throws `ApiError`. */
export async function call<Name extends OperationName>(
  name: Name,
  sent: Sent<Name> = {},
  options: { readonly idempotencyKey?: string; readonly signal?: AbortSignal } = {},
): Promise<Answer<Name>> {
  const [method = 'GET', template = '/'] = name.split(' ');
  const headers = new Headers(authorization());
  if (sent.body !== undefined) headers.set('content-type', 'application/json');
  if (options.idempotencyKey !== undefined) headers.set('idempotency-key', options.idempotencyKey);
  const signals = [AbortSignal.timeout(WAIT_MS_MAX), ...(options.signal === undefined ? [] : [options.signal])];
  const response = await answered(addressOf(template, sent), {
    method,
    headers,
    body: sent.body === undefined ? null : JSON.stringify(sent.body),
    signal: AbortSignal.any(signals),
  });
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const answer: unknown = isJson ? await response.json() : await response.text();
  return answer as Answer<Name>;
}

export function authorization(): Record<string, string> {
  const token = currentToken();
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** A key under which an order is carried out once, however often it is sent. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function answered(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, cache: 'no-store' });
  } catch (cause) {
    if (init.signal?.aborted === true && (cause as Error).name === 'AbortError') throw cause;
    throw new ApiError(0, 'The platform does not answer. It may be starting anew; this page asks again by itself.');
  }
  if (response.ok) return response;
  throw await refusalOf(response);
}

/** What a response that is no success says. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get('retry-after'));
  if (response.status === 401 && !response.url.endsWith('/auth/token')) credentialRefused();
  const text = await response.text();
  return new ApiError(response.status, detailOf(text) ?? `${response.status} ${response.statusText}`, wait * 1_000);
}

function detailOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail;
  } catch {
    // No problem document, such as the answer of a proxy: its status has to do.
    return undefined;
  }
}

/** The path of an operation with what it is sent. */
export function addressOf(template: string, { path = {}, query = {} }: Sent<OperationName>): string {
  const parts = path as Readonly<Record<string, string>>;
  const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] ?? ''));
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === '' ? address : `${address}?${text}`;
}
