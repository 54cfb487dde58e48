export { openEmbeddedBus } from '../src/embedded/embedded-bus.ts';
export { manage } from './management-client.ts';
export { createVhost, type RabbitMqAddress, type RabbitMqVhost, rabbitMqFromEnv } from './rabbitmq-vhost.ts';
export { attachTo, createRemoteFixture } from './remote-fixture.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
