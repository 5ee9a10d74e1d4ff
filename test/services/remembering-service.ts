// A service that remembers of each namespace which of its strategies were filled.
import { StreamServiceBuilder, type ServiceSettings, type StreamService } from '#engine/stream-service.ts';

export function service(settings: ServiceSettings): StreamService {
  return new StreamServiceBuilder('remembering', settings)
    .withErrorHandling()
    .withRedis()
    .addConsumerHandler({
      topics: settings.brokers.map((broker) => `${broker}.orders.filled`),
      groupId: `${settings.groupIdPrefix}.remembering.fills`,
      async handler({ data }, _topic, { broker, keyValue, logger }) {
        if (broker === undefined) return;
        await keyValue.set(broker, String(data['strategy_id']), 'filled');
        logger.info('Remembered', { broker, strategy_id: data['strategy_id'] });
      },
    })
    .build();
}
