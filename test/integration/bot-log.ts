import type { BotLog, LogFields } from "../../src/bot/context.ts";

export interface LoggedLine {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines, children's too. */
export function recordingLog(): BotLog & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const make = (base: LogFields): BotLog => {
    const write =
      (level: LoggedLine["level"]) =>
      (message: string, fields: LogFields = {}): void =>
        void lines.push({ level, message, fields: { ...base, ...fields } });
    return {
      debug: write("debug"),
      info: write("info"),
      warning: write("warning"),
      error: write("error"),
      child: (fields) => make({ ...base, ...fields }),
    };
  };
  return { ...make({}), lines };
}
