import { createDesk } from './desk.ts';

export default createDesk('Finance', ['finance', 'money', 'budget']);
