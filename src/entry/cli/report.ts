import { DeployImpactError } from "../../core/errors.ts";
import type { LedgerReportFlags } from "./ledger.ts";
import { destination, localContext, writeReport } from "./output.ts";
import { openResult } from "./result-file.ts";

export interface ReportFlags extends LedgerReportFlags {}

/** `report`: a stored result in another form. It describes a verdict and never fails because of it. */
export async function report(file: string | undefined, flags: ReportFlags): Promise<number> {
  if (flags.ledger !== undefined && file === undefined) {
    return await (await import("./ledger.ts")).reportLedger(flags.ledger, flags);
  }
  if (file === undefined) {
    throw usage(
      "Nothing says which report to print.",
      "Give a result.json, or --ledger FILE for how verdicts turned out.",
    );
  }
  const alone = (["ledger", "outcomes", "fineAfter", "environment", "service"] as const).find(
    (key) => flags[key] !== undefined,
  );
  if (alone !== undefined) {
    const flag = alone === "fineAfter" ? "fine-after" : alone;
    throw usage(`--${flag} is about a ledger, not about one result.`, "Leave out the result, or the flag.");
  }
  const to = destination(flags);
  const document = await openResult(file);
  await writeReport(document, localContext(document, null), to);
  return 0;
}

function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}
