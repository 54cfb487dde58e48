import { describeMessageBus } from '../../conformance/describe-message-bus.ts';
import { createRabbitMqFixture } from '../../testing/rabbitmq-fixture.ts';

describeMessageBus('rabbitmq', createRabbitMqFixture);
