export { manage } from './management-client.ts';
export { createVhost, type RabbitMqAddress, type RabbitMqVhost, rabbitMqFromEnv } from './rabbitmq-vhost.ts';
