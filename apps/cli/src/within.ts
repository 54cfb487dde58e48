import { CommandFailure, EXIT } from './exit-codes.ts';

/** @throws CommandFailure with `EXIT.noAnswer` when the promise takes longer */
export async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CommandFailure(EXIT.noAnswer, `There was no answer within ${seconds} s.`)),
    seconds * 1000,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
