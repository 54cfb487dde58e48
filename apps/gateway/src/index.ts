export { ExternalConfig, GatewayConfig } from './config.ts';
export { startGateway } from './start-gateway.ts';
