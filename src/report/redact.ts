import type { ResultDocument } from "../core/result.ts";
import type { ReportContext } from "./context.ts";
import { plain, shorten } from "./escape.ts";

/** Longer labels are cut in the middle: a table must stay a table. */
const LONGEST_LABEL = 64;
const LONGEST_MESSAGE = 600;

/** What may be shown of foreign text in this report. */
export interface Disclosure {
  /** The name under which a unit is shown. */
  readonly unit: (name: string) => string;
  /** The name under which a part of a metric is shown. */
  readonly subgroup: (by: string, name: string) => string;
  /** A metric, service or environment name. */
  readonly label: (name: string) => string;
  /** A sentence that core, a source or an error made. */
  readonly message: (text: string) => string;
}

/** Endings that look like a domain and are files of ours or of the user's repository. */
const FILE_ENDINGS = new Set(["yml", "yaml", "json", "csv", "parquet", "md", "txt", "html", "js", "ts"]);
const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`)]+/gi;
const IP_ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[?\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*\b\]?/gi;
const HOST_NAME = /\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,})(?::\d+)?\b/gi;
const LOCAL_HOST = /\blocalhost(?::\d+)?\b/gi;

/** `windows.pre` in an advice is a setting. */
const SETTING = /^(?:windows|units|source|sources|slis|services|environments|exclude|deployment)\.[a-z]+$/;

function isHostName(text: string, ending: string): boolean {
  return !FILE_ENDINGS.has(ending.toLowerCase()) && !SETTING.test(text);
}

/** Removes what names a machine; used wherever everybody can read the text. */
export function withoutAddresses(text: string): string {
  return text
    .replace(ADDRESS, "(address hidden)")
    .replace(IP_ADDRESS, "(address hidden)")
    .replace(LOCAL_HOST, "(address hidden)")
    .replace(HOST_NAME, (match: string, ending: string) => (isHostName(match, ending) ? "(address hidden)" : match));
}

/**
 * In a public repository units get names by position (`treated 1`, `control 3`), because a unit is often a host, and
 * query text and addresses vanish from sentences. The full names stay in result.json.
 */
export function disclosure(document: ResultDocument, context: ReportContext): Disclosure {
  const label = (name: string): string => shorten(foreign(name), LONGEST_LABEL);
  if (!context.publicRepository) {
    return {
      unit: label,
      subgroup: (_by, name) => label(name),
      label,
      message: (text) => shorten(foreign(text), LONGEST_MESSAGE),
    };
  }
  const names = publicNames(document);
  const parts = publicParts(document);
  const hidden = hiddenTexts(document);
  const ordered = [...names.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const message = (text: string): string => {
    const withoutQueries = hidden.reduce((rest, query) => rest.replaceAll(query, "(query hidden)"), text);
    const renamed =
      ordered.length === 0
        ? withoutQueries
        : withoutQueries.replace(wordsOf(ordered), (name) => names.get(name) ?? name);
    return shorten(foreign(withoutAddresses(renamed)), LONGEST_MESSAGE);
  };
  return {
    unit: (name) => names.get(name) ?? "a unit",
    subgroup: (by, name) => parts.get(by)?.get(name) ?? "a part",
    label: (name) => label(withoutAddresses(name)),
    message,
  };
}

/** In the model a pair of backticks marks code; foreign text has none. */
function foreign(text: string): string {
  return plain(text).replaceAll("`", "'");
}

function publicNames(document: ResultDocument): ReadonlyMap<string, string> {
  const lists = [document.units, ...document.slis.map((sli) => sli.units)];
  const names = new Map<string, string>();
  const number = (group: string, units: readonly string[]): void => {
    let next = 0;
    for (const unit of [...new Set(units)].sort()) {
      if (names.has(unit)) continue;
      next += 1;
      names.set(unit, `${group} ${next}`);
    }
  };
  number(
    "treated",
    lists.flatMap((list) => list.treated),
  );
  number(
    "control",
    lists.flatMap((list) => list.control),
  );
  number(
    "excluded",
    lists.flatMap((list) => list.excluded.map((entry) => entry.unit)),
  );
  return names;
}

/** Parts (tenants, endpoints) by position, the same in all metrics of one label: `part 3`. */
function publicParts(document: ResultDocument): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const byLabel = new Map<string, Set<string>>();
  for (const { subgroups } of document.slis) {
    if (subgroups === undefined) continue;
    const known = byLabel.get(subgroups.by) ?? new Set();
    for (const { name } of [...subgroups.estimates, ...subgroups.omitted]) known.add(name);
    byLabel.set(subgroups.by, known);
  }
  const numbered = (names: ReadonlySet<string>): ReadonlyMap<string, string> =>
    new Map([...names].sort().map((name, i) => [name, `part ${i + 1}`]));
  return new Map([...byLabel].map(([by, names]) => [by, numbered(names)]));
}

/** One pass over the text, whole words only, longest name first. */
function wordsOf(names: readonly string[]): RegExp {
  const quoted = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${quoted.join("|")})(?![\\p{L}\\p{N}_])`, "gu");
}

function hiddenTexts(document: ResultDocument): readonly string[] {
  return document.provenance.queries
    .map((record) => record.query)
    .filter((query) => query.length > 3)
    .sort((a, b) => b.length - a.length);
}
