export { createLogSync, type LogSync } from './log-sync.ts';
export { openDatabase } from './open-database.ts';
export { type Prepare, preparing } from './preparing.ts';
export { makePrivateFile } from './private-file.ts';
export { isBusy, isDiskFull, isOutsideTrouble, outsideTrouble } from './sqlite-errors.ts';
export { createTransactions, type Transactions } from './transactions.ts';
export { within } from './within.ts';
