import { type Replay, replay as replayDocument } from "../../app/replay.ts";
import { choiceFlag } from "./flags.ts";
import { writeStdout } from "./output.ts";
import { openResult } from "./result-file.ts";

export interface ReplayFlags {
  readonly format?: string;
}

/** `replay`: 0 when the evidence gives the same result again, 1 when it does not. */
export async function replay(file: string, flags: ReplayFlags): Promise<number> {
  const format = choiceFlag("--format", flags.format, ["text", "json"] as const) ?? "text";
  const outcome = replayDocument(await openResult(file));
  const exitCode = outcome.type === "different" ? 1 : 0;
  process.exitCode = exitCode;
  await writeStdout([format === "json" ? `${JSON.stringify(outcome, null, 2)}\n` : `${describe(outcome)}\n`]);
  return exitCode;
}

function describe(outcome: Replay): string {
  switch (outcome.type) {
    case "nothing-to-replay":
      return `No metric was read for this result (${outcome.reasonCodes.join(", ")}), so there is nothing to compute again.`;
    case "same":
      return `Same result: ${outcome.verdict}, ${outcome.slis} ${outcome.slis === 1 ? "SLI" : "SLIs"}, every number equal.`;
    case "different":
      return [
        "The evidence gives another result:",
        ...outcome.differences.map(
          ({ path, stored, recomputed }) =>
            `  ${path}: ${JSON.stringify(stored)} stored, ${JSON.stringify(recomputed)} now`,
        ),
        ...(outcome.more > 0 ? [`  and ${outcome.more} more`] : []),
      ].join("\n");
  }
}
