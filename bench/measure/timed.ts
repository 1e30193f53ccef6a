/** Processor time of all threads: a busy machine stretches the clock, not this. */
export function timed<T>(work: () => T): { readonly value: T; readonly milliseconds: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: (user + system) / 1000 };
}
