/** Makes the wall clock of this process jump on SIGUSR2: an hour ahead, an hour back, and right again. */
export function allowClockJumps(): void {
  const HOUR_MS = 3_600_000;
  const offsets = [HOUR_MS, -HOUR_MS, 0];
  const realNow = Date.now.bind(Date);
  let offset = 0;
  let jump = 0;
  Date.now = () => realNow() + offset;
  process.on('SIGUSR2', () => {
    offset = offsets[jump % offsets.length] ?? 0;
    jump += 1;
  });
}
