// The settings of the channels over which people are told of alerts.
import { SEVERITIES } from '#core/alerts/catalogue.ts';
import { choice, text } from './setting.ts';

const HTTPS = /^(https:\/\/[^\s/?#@]+(\/\S*)?|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/\S*)?)?$/;
const ADDRESS = /^([^\s@,<>]+@[^\s@,<>]+)?$/;
const ADDRESSES = /^([^\s@,<>]+@[^\s@,<>]+(,[^\s@,<>]+@[^\s@,<>]+)*)?$/;
const URL_ACCEPTED = 'nothing, or a URL that starts with https://, or with http:// on this machine';

export const alerts = {
  minSeverity: choice({
    default: 'warning',
    values: SEVERITIES,
    effect: 'What is less serious is in the log and is not sent over the channels.',
  }),
  webhookUrl: text({
    default: '',
    pattern: HTTPS,
    accepts: URL_ACCEPTED,
    secrecy: 'secret',
    effect: 'Where alerts are sent as signed JSON; nothing sends none.',
  }),
  webhookSecret: text({
    default: '',
    secrecy: 'secret',
    effect: 'What the JSON is signed with; make one with: openssl rand -hex 32.',
  }),
  telegramToken: text({
    default: '',
    pattern: /^(\d+:[A-Za-z0-9_-]+)?$/,
    accepts: 'nothing, or the token of a bot, such as 123:abc',
    secrecy: 'secret',
    effect: 'The bot of Telegram that writes alerts; nothing writes none.',
  }),
  telegramChatId: text({
    default: '',
    pattern: /^(-?\d+|@\w+)?$/,
    accepts: 'the number of a chat, or the @name of a channel',
    effect: 'The chat that the bot writes to.',
  }),
  telegramRoot: text({
    default: 'https://api.telegram.org',
    pattern: /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)$/,
    accepts: 'the beginning of a URL with https://, or with http:// on this machine',
    effect: 'Where the bot API is found.',
  }),
  emailUrl: text({
    default: '',
    pattern: /^(smtps?:\/\/([^\s/?#@]+@)?[^\s/?#@]+)?$/,
    accepts: 'nothing, or a URL such as smtps://USER:PASSWORD@mail.example:465',
    secrecy: 'secret',
    effect: 'The mail server that alerts are sent over; to another machine only encrypted. Nothing sends none.',
  }),
  emailFrom: text({
    default: '',
    pattern: ADDRESS,
    accepts: 'nothing, or an e-mail address',
    effect: 'Whom alerts by e-mail come from.',
  }),
  emailTo: text({
    default: '',
    pattern: ADDRESSES,
    accepts: 'nothing, or e-mail addresses with commas between them',
    effect: 'Whom alerts by e-mail go to.',
  }),
};
