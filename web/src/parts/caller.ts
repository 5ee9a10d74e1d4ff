// Who uses the dashboard, and what that lets them order.
import { call } from '../api/client.ts';
import { refreshAll, useApi } from '../api/queries.ts';
import { currentToken, setToken } from '../session.ts';

const ROLES = ['viewer', 'operator', 'risk', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** How long after the password was entered the platform takes it as just entered; a little less, for the way. */
const FRESH_MS = 4.75 * 60_000;

export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** The platform asks nobody who they are, and takes no orders over HTTP. */
  readonly isOpen: boolean;
  readonly passwordAt: number | undefined;
  readonly expiresAt: number | undefined;
}

export function useCaller(): Caller | undefined {
  const { data } = useApi('GET /api/v1/auth/me', {}, 60_000);
  if (data === undefined) return undefined;
  const at = (text: string | null): number | undefined => (text === null ? undefined : Date.parse(text));
  return {
    name: data.name,
    role: data.role,
    isOpen: data.expires_at === null && currentToken() === undefined,
    passwordAt: at(data.password_at),
    expiresAt: at(data.expires_at),
  };
}

export const READS_ONLY =
  'Nothing asks who calls here, so this page only reads. Use alpha-panda in a terminal on that machine, or start with ' +
  'AUTH__ENABLE_USER_AUTH=true and add a user (docs/guides/dashboard.md).';

/** Why this caller may not order what needs `role`; undefined when they may. */
export function refusalFor(caller: Caller | undefined, role: Role): string | undefined {
  if (caller === undefined) return 'Not known yet who you are.';
  if (caller.isOpen) return READS_ONLY;
  if (ROLES.indexOf(caller.role) >= ROLES.indexOf(role)) return undefined;
  return `This needs the role ${role}; ${caller.name} is ${caller.role}.`;
}

export function needsPassword({ passwordAt }: Caller): boolean {
  return passwordAt === undefined || Date.now() - passwordAt > FRESH_MS;
}

/** Throws `ApiError` when name and password do not belong together. */
export async function signIn(name: string, password: string): Promise<void> {
  const { access_token: token } = await call('POST /api/v1/auth/token', { body: { name, password } });
  setToken(token);
  refreshAll();
}

/** Keeps a token in force while the page is open, as long as the platform does without the password. */
export async function renew(): Promise<void> {
  const { access_token: token } = await call('POST /api/v1/auth/renew');
  setToken(token);
}
