// A service to copy and change: when it starts it asks every active broker for one share, and it tells of the fills that
// come back. docs/guides/add-a-service.md goes through it.
import { StreamServiceBuilder, type ServiceSettings, type StreamService } from '#engine/stream-service.ts';

/** Names what is asked for: the same name again, at another start, asks for nothing more. */
const REQUEST = 'echo-1';
const signal = { strategy_id: 'echo', instrument_token: 738_561, signal_type: 'BUY', quantity: 1 };

export function service(settings: ServiceSettings): StreamService {
  return new StreamServiceBuilder('echo_signal', settings)
    .withErrorHandling()
    .addProducer()
    .onStart(async ({ producer }) => {
      for (const broker of settings.brokers) {
        const about = { topic: `${broker}.signals.raw`, key: 'echo:738561', type: 'trading_signal' };
        await producer.send({ ...about, id: `${REQUEST}.${broker}`, data: signal });
      }
    })
    .addConsumerHandler({
      topics: settings.brokers.map((broker) => `${broker}.orders.filled`),
      groupId: `${settings.groupIdPrefix}.echo_signal.fills`,
      handler({ data }, _topic, { logger }) {
        if (data['strategy_id'] !== 'echo') return;
        logger.info('Filled', { quantity: data['quantity'], price: data['fill_price'] });
      },
    })
    .build();
}
