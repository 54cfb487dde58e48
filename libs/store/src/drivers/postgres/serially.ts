import type { Database, Work } from '../../records/database.ts';

interface Waiting<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

/** Those that wait share a transaction, and one connection. */
export function serially(write: Database['write']): Database['serially'] {
  return <Input, Output>(work: (inputs: readonly Input[]) => Work<Output[]>) => {
    let waiting: Waiting<Input, Output>[] = [];
    let isWriting = false;

    const writeWaiting = async (): Promise<void> => {
      if (isWriting) return;
      isWriting = true;
      while (waiting.length > 0) {
        const group = waiting;
        waiting = [];
        try {
          const outputs = await write(() => work(group.map(({ input }) => input)));
          for (const [index, { resolve }] of group.entries()) resolve(outputs[index] as Output);
        } catch (error) {
          for (const { reject } of group) reject(error);
        }
      }
      isWriting = false;
    };

    return (input: Input) =>
      new Promise<Output>((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        writeWaiting().catch(reject);
      });
  };
}
