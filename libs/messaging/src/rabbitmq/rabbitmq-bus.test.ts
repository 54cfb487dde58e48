import { describeMessageBus } from '../conformance/describe-message-bus.ts';
import { createRabbitMqFixture } from './rabbitmq-fixture.ts';

describeMessageBus('rabbitmq', createRabbitMqFixture);
