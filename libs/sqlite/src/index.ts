export {
  createTransactions,
  makePrivateFile,
  openDatabase,
  type Prepare,
  preparing,
  type Transactions,
} from './database.ts';
export { createLogSync, type LogSync, within } from './log-sync.ts';
export { isBusy, isDiskFull, isOutsideTrouble, outsideTrouble } from './sqlite-errors.ts';
