import { createDesk } from './desk.ts';

export default createDesk('HR', ['hr', 'employee', 'human resources']);
