export type * from './control-plane.ts';
export type { Logger } from './logger.ts';
export {
  type ControlPlaneServer,
  type ControlPlaneServerOptions,
  startControlPlaneServer,
} from './server/start-server.ts';
