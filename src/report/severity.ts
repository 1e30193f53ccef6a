import type { Severity, SliResult } from "../core/result.ts";
import type { Values } from "./context.ts";
import { duration, fixed, significant } from "./format.ts";
import type { SeverityModel } from "./model.ts";

/** The most urgent regression of a report; null: none of them was measured by an SLO. */
export function severityModel(
  slis: readonly SliResult[],
  labelOf: (sli: SliResult) => string,
  values: Values,
): SeverityModel | null {
  const urgent = slis
    .flatMap((sli) => (sli.severity?.burn == null ? [] : [{ sli, severity: sli.severity, burn: sli.severity.burn }]))
    .sort((a, b) => b.burn.rate - a.burn.rate)
    .sort((a, b) => rank(a.severity) - rank(b.severity))[0];
  if (urgent === undefined) return null;
  const { sli, severity, burn } = urgent;
  const isPage = severity.level === "page";
  const said = values === "full" ? speed(burn) : withoutLevels(burn.target, isPage);
  return {
    level: severity.level,
    word: isPage ? "Page" : "Ticket",
    sentence: `${isPage ? "Worth a page" : "Worth a ticket, not a page"}: ${labelOf(sli)} ${said}`,
  };
}

/** The burn rate tells the error rate to whoever knows the target. */
function withoutLevels(target: number, isPage: boolean): string {
  const than = isPage ? "more than twice as fast as" : "at most twice as fast as";
  return `spends the error budget of ${percent(target)} ${than} it allows.`;
}

function percent(share: number): string {
  return `${significant(share * 100, 6)}%`;
}

function rank({ level }: Severity): number {
  return level === "page" ? 0 : 1;
}

function speed(burn: NonNullable<Severity["burn"]>): string {
  const added = burn.rateAdded === null ? "" : `, of which the deploy added ${significant(burn.rateAdded, 2)}`;
  const gone = burn.spentIn === null ? "" : `; at this rate a full budget is gone in ${duration(burn.spentIn)}`;
  const minutes = `${fixed(burn.spentMinutesPerDay, 1)} minutes of full outage a day where ${fixed(burn.budgetMinutesPerDay, 1)} are allowed`;
  return `spends the error budget of ${percent(burn.target)} over ${duration(burn.window)} at ${significant(burn.rate, 2)} times the speed that it allows${added}: ${minutes}${gone}.`;
}
