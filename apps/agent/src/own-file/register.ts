/** `node --import` this file to run code that stands outside the repository, such as an agent's test. */
import { installModuleHooks } from './module-hooks.ts';

installModuleHooks();
