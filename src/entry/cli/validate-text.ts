import type { SliValidation, Validation, VersionQueryValidation } from "../../app/validate.ts";
import type { SliDescription } from "../../core/describe.ts";
import type { Kind } from "../../core/plan.ts";
import { escapeTerminal } from "../../report/escape.ts";
import { count, durationSetting, instant, listing, share, significant } from "../../report/format.ts";

/** What `validate` found, for a person. */
export function validationText(validation: Validation): string {
  const environment = validation.environment === null ? "" : `, environment ${validation.environment}`;
  const blocks = [
    `${validation.file}${environment}: ${count(validation.slis.length, "SLI")}, the config is valid.`,
    ...validation.windows.map(
      ({ service, from, to }) =>
        `${service === null ? "History" : `History for ${service}`}: ${instant(from)} to ${instant(to)}.`,
    ),
    ...validation.versionQueries.map(versionText),
    ...validation.slis.map(sliText),
    closing(validation),
  ];
  return `${blocks
    .filter((block) => block !== "")
    .map(escapeLines)
    .join("\n\n")}\n`;
}

function escapeLines(block: string): string {
  return block
    .split("\n")
    .map((line) => `${/^ */.exec(line)?.[0] ?? ""}${escapeTerminal(line.trimStart())}`)
    .join("\n");
}

function nameOf({ service, id }: SliValidation): string {
  return service === null ? id : `${service} / ${id}`;
}

function versionText(version: VersionQueryValidation): string {
  const name = version.service === null ? "Version query" : `Version query of ${version.service}`;
  if (!version.ok) return `${name}\n  error: ${version.error.message}\n  hint: ${version.error.hint}`;
  const { observations } = version.exposure;
  if (observations.length === 0) return `${name}\n  It returned no unit.`;
  return `${name}\n  ${listing(
    observations.map((one) => `${one.unit} ${share(one.share)}`),
    10,
  )}`;
}

function sliText(sli: SliValidation): string {
  const head = `${nameOf(sli)} (${sli.kind}, worse ${sli.direction}, ${sli.role}, from ${sli.source})`;
  if (!sli.ok) return [head, `error: ${sli.error.message}`, `hint: ${sli.error.hint}`].join("\n  ");
  const lines = [
    ...facts(sli.description),
    ...(sli.unmatchedUnits.length > 0 ? [`Neither treated nor control: ${listing(sli.unmatchedUnits, 10)}.`] : []),
    ...sli.description.problems.flatMap(({ message, hint }) => [`problem: ${message}`, `hint: ${hint}`]),
    ...sli.warnings.map((warning) => `warning: ${warning}`),
    marginLine(sli),
  ];
  return [head, ...lines.filter((line) => line !== "")].join("\n  ");
}

function facts(description: SliDescription): string[] {
  const {
    units,
    points,
    expectedPoints,
    missingShare,
    step,
    spacing,
    lagSeconds,
    scale,
    lag1Autocorrelation,
    noise,
    level,
  } = description;
  const gaps = missingShare === null ? "" : `, ${share(missingShare)} missing`;
  const apart = spacing === null || spacing === step ? "" : ` (points are ${durationSetting(spacing)} apart)`;
  const numbers = [
    level === null ? "" : `level ${significant(level)}`,
    noise === null ? "" : `error of an effect ${significant(noise)}`,
    scale === null ? "" : `${scale} scale`,
    lag1Autocorrelation === null ? "" : `autocorrelation ${significant(lag1Autocorrelation, 2)}`,
  ].filter((part) => part !== "");
  return [
    `Treated: ${units.treated.length === 0 ? "none" : listing(units.treated, 10)}. Control: ${units.control.length === 0 ? "none" : listing(units.control, 10)}.`,
    `Points: ${points} of ${expectedPoints}${gaps}; step ${durationSetting(step)}${apart}${lagSeconds === null || lagSeconds < 1 ? "" : `; newest point ${durationSetting(Math.round(lagSeconds))} old`}.`,
    numbers.length === 0 ? "" : `${capital(numbers.join(", "))}.`,
  ];
}

function marginLine({ margin, kind, description }: Extract<SliValidation, { ok: true }>): string {
  const { proposedMargin } = description;
  if (proposedMargin === null) {
    return margin === null ? "No margin is stated, and there is too little history to propose one." : "";
  }
  const proposal = proposalText(proposedMargin, kind);
  if (margin === null)
    return `No margin is stated. The smallest that these windows can rule out: \`margin: ${proposal}\``;
  const smallest = margin.type === "absolute" ? proposedMargin.absolute : proposedMargin.relative;
  const tooSmall = smallest !== null && margin.value < smallest;
  return `Margin ${margin.text}; the smallest that these windows can rule out is ${proposal}${
    tooSmall ? ": answers will often be inconclusive. Lengthen `windows.post`, or tolerate more" : ""
  }.`;
}

/** In the form in which a config states it; a share is spoken of in percentage points. */
function proposalText({ absolute, relative }: NonNullable<SliDescription["proposedMargin"]>, kind: Kind): string {
  if (kind === "ratio") return `${significant(absolute * 100, 2)}pp`;
  return relative === null ? significant(absolute, 2) : `${significant(relative * 100, 2)}%`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function closing({ slis }: Validation): string {
  const missing = slis.filter((sli) => sli.margin === null);
  const failed = slis.filter((sli) => !sli.ok);
  return [
    failed.length > 0 ? `${count(failed.length, "SLI")} could not be read.` : "",
    missing.length > 0
      ? `Before \`check\` can judge, state the largest harm the team tolerates as \`margin\` of: ${missing.map(nameOf).join(", ")}.`
      : "",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
