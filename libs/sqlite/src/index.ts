export { createTransactions, openDatabase, type Prepare, preparing, type Transactions } from './database.ts';
export { createLogSync, type LogSync } from './log-sync.ts';
export { makePrivateFile } from './private-file.ts';
export { isBusy, isDiskFull, isOutsideTrouble, outsideTrouble } from './sqlite-errors.ts';
export { within } from './within.ts';
