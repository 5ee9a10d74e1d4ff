// The webhooks of a running platform: their signals wait in its inbox.
import type { WebhookOptions } from '#api/webhook-routes.ts';
import type { AccessStore } from '#ports/access.ts';
import type { Inbox } from '#ports/store.ts';
import { Sealer } from '../access/sealed.ts';
import type { Settings } from '../config/settings-schema.ts';
import { Hooks } from '../webhooks/hooks.ts';
import { receive } from '../webhooks/receive.ts';

export function webhooksOf(
  { auth }: Pick<Settings, 'auth'>,
  store: AccessStore,
  inbox: Inbox,
  clock: { now(): number },
): NonNullable<WebhookOptions['webhooks']> {
  const now = (): number => clock.now();
  const hooks = new Hooks(store, new Sealer(auth.secretKey), now);
  return (incoming) => receive({ hooks, store, inbox, now }, incoming);
}
