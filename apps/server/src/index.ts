export { checkAddress, ServerConfig } from './config.ts';
export { type RunningServer, startServer } from './start-server.ts';
export { makeOwnToken } from './users/make-own-token.ts';
