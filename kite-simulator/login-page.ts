// The page on which a person logs in at Zerodha. Here there is nobody to ask: one button stands for password and code.
import { htmlPage, type KiteAnswer, type KiteRequest } from './rest/messages.ts';
import { failure } from './rest/messages.ts';
import { type Broker } from './broker.ts';

export const LOGIN_PATH = '/connect/login';
const FINISH_PATH = '/connect/finish';

/** Answers the login's paths; undefined for any other. */
export function answerLogin(broker: Broker, { method, path, query }: KiteRequest): KiteAnswer | undefined {
  if (method !== 'GET' || (path !== LOGIN_PATH && path !== FINISH_PATH)) return undefined;
  const apiKey = query.get('api_key') ?? '';
  if (apiKey !== broker.sessions.credentials.apiKey) {
    return failure(400, 'InputException', 'Invalid `api_key`.');
  }
  const redirect = broker.options.redirectUrl;
  const extra = query.get('redirect_params') ?? '';
  if (path === LOGIN_PATH) return page(apiKey, extra);
  const token = broker.sessions.newRequestToken();
  const params = new URLSearchParams({ action: 'login', type: 'login', status: 'success', request_token: token });
  for (const [name, value] of new URLSearchParams(extra)) params.set(name, value);
  if (redirect === undefined) return htmlPage(200, `request_token=${token}`);
  const location = `${redirect}${redirect.includes('?') ? '&' : '?'}${params.toString()}`;
  return { ...htmlPage(302, 'Redirecting'), headers: { location } };
}

function page(apiKey: string, extra: string): KiteAnswer {
  const query = new URLSearchParams({ api_key: apiKey, ...(extra === '' ? {} : { redirect_params: extra }) });
  const body = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Simulated Kite login</title></head><body>',
    '<h1>Simulated Kite login</h1><p>This is the Kite simulator. No money, no password, no account.</p>',
    `<form action="${FINISH_PATH}" method="get">`,
    ...[...query].map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`),
    '<button type="submit">Log in</button></form></body></html>',
  ].join('\n');
  return { kind: 'answer', status: 200, type: 'text/html; charset=utf-8', body };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
