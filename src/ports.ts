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
  /** Absent: the config belongs to whoever started this process, and may reach what they may reach. */
  readonly confinement?: Confinement;
}

/**
 * Bounds of a front door that works with configs of people who must not reach the machine it runs on: no local file,
 * no account of the machine, no address beyond what `fetch` lets pass.
 */
export interface Confinement {
  /** `fetch` within the same bounds, with certificates of one's own; keys as `tls.connect` knows them. */
  readonly fetchWith: (tls: Readonly<Record<string, string | string[]>>) => typeof fetch;
  /** Largest body that a source may send, bytes after decompression; a config can only lower it. */
  readonly maxResponseBytes: number;
  /** Longest that the requests of one SLI may take together, milliseconds; a config can only lower it. */
  readonly maxDeadlineMs: number;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
}
