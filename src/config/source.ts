import { SOURCES } from "../sources/index.ts";
import { nearestName } from "../sources/nearest.ts";
import type { SourceConfig } from "./config.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import { findingsOf } from "./issues.ts";
import type { Path } from "./origins.ts";
import { quote } from "./path.ts";
import type { ServiceInput } from "./schema.ts";

type SourceBlock = NonNullable<ServiceInput["source"]>;

/** `source` under the name of its type, and every entry of `sources` under its own. */
export function resolveSources(input: ServiceInput, findings: Findings): Readonly<Record<string, SourceConfig>> {
  const resolved: Record<string, SourceConfig> = {};
  if (input.source !== undefined) {
    const only = resolveSource(input.source.type ?? "source", input.source, ["source"], findings);
    resolved[only.name] = only;
  }
  for (const [name, block] of Object.entries(input.sources ?? {})) {
    resolved[name] = resolveSource(name, block, ["sources", name], findings);
  }
  if (Object.keys(resolved).length === 0) {
    findings.missing(
      ["source"],
      "is missing",
      "Say where the series come from, for example `source: { type: prometheus, url: https://prometheus.example.com }`.",
    );
  }
  return resolved;
}

function resolveSource(name: string, block: SourceBlock, path: Path, findings: Findings): SourceConfig {
  const { lag, ...options } = block;
  const seconds = lag === undefined ? null : parseDuration(lag);
  const source = block.type !== undefined && Object.hasOwn(SOURCES, block.type) ? SOURCES[block.type] : undefined;
  if (source === undefined) {
    refuseType(block.type, path, findings);
    return { name, type: block.type ?? "", options, lag: seconds };
  }
  findings.addAll(findingsOf(source.options, options, findings.root, path));
  return { name, type: options.type ?? "", options, lag: seconds };
}

function refuseType(type: string | undefined, path: Path, findings: Findings): void {
  const known = Object.keys(SOURCES);
  const hint = `Known types: ${known.join(", ")}.`;
  if (type === undefined) {
    findings.missing([...path, "type"], "is missing", hint);
    return;
  }
  const meant = nearestName(type, known);
  findings.add(
    [...path, "type"],
    `${quote(type)} is not a type of source${meant === null ? "" : `; did you mean "${meant}"?`}`,
    hint,
  );
}

/** The source that was named, or the only one. */
export function chooseSource(
  name: string | undefined,
  sources: Readonly<Record<string, SourceConfig>>,
  path: readonly PropertyKey[],
  findings: Findings,
): string {
  const known = Object.keys(sources);
  if (name === undefined) {
    if (known.length > 1) {
      findings.missing(path, "is missing, and there are several sources", `Name one of them: ${known.join(", ")}.`);
    }
    return known[0] ?? "";
  }
  if (known.includes(name) || known.length === 0) return name;
  const meant = nearestName(name, known);
  findings.add(
    path,
    `there is no source ${quote(name)}${meant === null ? "" : `; did you mean "${meant}"?`}`,
    `Known sources: ${known.join(", ")}.`,
  );
  return name;
}
