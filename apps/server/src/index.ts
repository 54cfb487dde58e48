export { checkAddress, hasSignIn, ServerConfig } from './config.ts';
export { type RunningServer, startServer } from './start-server.ts';
export { makeOwnToken } from './users/authenticator.ts';
export { describeAccess } from './users/local-access.ts';
