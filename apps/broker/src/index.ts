export { BrokerConfig } from './config.ts';
export { startBroker } from './start-broker.ts';
