// Alerts as messages of a Telegram bot.
import type { AlertChannel } from '#ports/alert-channel.ts';
import { textOf } from './plain-text.ts';
import { postJson } from './post.ts';

export interface TelegramOptions {
  /** The beginning of the URL of the bot API. */
  readonly root: string;
  readonly token: string;
  readonly chatId: string;
}

/** Telegram takes 4,096. */
const CHARACTERS_MAX = 4_000;

export function telegramChannel({ root, token, chatId }: TelegramOptions): AlertChannel {
  return {
    name: 'telegram',
    send: async (message, signal) => {
      const body = JSON.stringify({
        chat_id: chatId,
        text: textOf(message).slice(0, CHARACTERS_MAX),
        link_preview_options: { is_disabled: true },
      });
      await postJson(`${root}/bot${token}/sendMessage`, body, {}, signal);
    },
  };
}
