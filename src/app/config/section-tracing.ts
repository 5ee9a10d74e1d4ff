// The settings of traces.
import { number, text } from './setting.ts';

export const tracing = {
  otlpEndpoint: text({
    default: '',
    pattern: /^(https?:\/\/[^\s?#@]+)?$/,
    accepts: 'nothing, or the beginning of a URL, such as http://localhost:4318',
    effect: 'The OpenTelemetry collector that traces of orders are sent to, as OTLP in JSON; nothing sends none.',
  }),
  sampleRate: number({
    default: '0',
    min: 0,
    max: 1,
    effect: 'The share of the signals that became no order whose traces are sent too.',
  }),
};
