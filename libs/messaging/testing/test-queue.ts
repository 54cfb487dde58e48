/** For tests of code above the bus: a real embedded queue in a folder of its own, and its deliveries. */
export { silentLogger } from '../conformance/bus-fixture.ts';
export {
  collectDeliveries,
  type Deliveries,
  eventually,
  type Gate,
  gate,
} from '../conformance/deliveries.ts';
export { type BusFolder, makeBusFolder } from './bus-folder.ts';
export { isUp, UNRESTRICTED } from './remote-fixture.ts';
