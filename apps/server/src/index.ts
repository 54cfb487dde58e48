export { checkAddress, hasSignIn, ServerConfig } from './config.ts';
export { type RunningServer, startServer } from './start-server.ts';
export { describeAccess } from './users/local-access.ts';
export { makeOwnToken } from './users/make-own-token.ts';
