/**
 * What the use cases need from the outside world, as values or one-method functions, so that tests and the three
 * front doors decide what they are.
 */
export interface Ports {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  /** Progress and warnings for a person; never machine output. */
  readonly log: Log;
  /** Uniform on [0, 1), for retry jitter only; never for statistics. */
  readonly random: () => number;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
}
