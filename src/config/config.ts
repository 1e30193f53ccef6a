import type { SeriesComponent } from "../core/panel/series.ts";
import type {
  Design,
  Direction,
  Exclusion,
  InferenceName,
  Kind,
  Margin,
  Mode,
  Role,
  Scale,
  SloPlan,
  SplitPlan,
} from "../core/plan.ts";
import type { AlertConfig, RollbackConfig } from "./reactions.ts";

export const COMMENT_RULES = ["on-change", "always", "never"] as const;
export type CommentRule = (typeof COMMENT_RULES)[number];

/** `relative` prints changes only; `full` prints levels of production metrics too. */
export const VALUE_RULES = ["relative", "full"] as const;
export type ValueRule = (typeof VALUE_RULES)[number];

/** What fails the step: a regression only, or our own errors too. */
export const FAIL_RULES = ["regression", "error"] as const;
export type FailRule = (typeof FAIL_RULES)[number];

/** What an inconclusive or invalid analysis does to the check. */
export const BLOCK_RULES = ["neutral", "block"] as const;
export type BlockRule = (typeof BLOCK_RULES)[number];

/** Each look reads all metrics again; eight find clear harm in the first eighth of the window (docs/evidence.md). */
export const MOST_LOOKS = 20;

/** What a gate does with a verdict that neither opens nor shuts it. `wait`: says so and leaves it to people. */
export const GATE_RULES = ["wait", "approve", "reject"] as const;
export type GateRule = (typeof GATE_RULES)[number];

/** A config as the use cases read it: parsed, environment applied, defaults filled in. Spans are seconds, instants epoch seconds. */
export interface Config {
  /** As the caller named it, for messages. */
  readonly file: string;
  /** SHA-256 of the text, hex. */
  readonly hash: string;
  /** The environment whose overrides were applied; null: none was asked for. */
  readonly environment: string | null;
  readonly mode: Mode;
  readonly comment: CommentRule;
  /** null: not stated, so the visibility of the repository decides. */
  readonly values: ValueRule | null;
  readonly failOn: FailRule;
  readonly onInconclusive: BlockRule;
  readonly onInvalid: BlockRule;
  readonly seed: number;
  /** What the environment's deployment protection rule asks; null: it has none. */
  readonly gate: GateConfig | null;
  /** Who hears of a regression; only the bot sends. */
  readonly alerts: readonly AlertConfig[];
  /** What a regression starts; only the bot does. null: nothing. */
  readonly rollback: RollbackConfig | null;
  /** A map holds one instant per unit (waves); null: the front door says when. */
  readonly deployedAt: number | Readonly<Record<string, number>> | null;
  /** At least one; its name is null when the config has no `services`. */
  readonly services: readonly ServiceConfig[];
}

export interface GateConfig {
  /** The environment before this one, whose verdict opens the gate. */
  readonly watches: string;
  readonly onInconclusive: GateRule;
  readonly onInvalid: GateRule;
  /** When assessing failed for `after`, or no verdict came within `maxWait`. */
  readonly onError: GateRule;
  readonly after: number;
  readonly maxWait: number;
}

export interface ServiceConfig {
  readonly name: string | null;
  /** Globs over changed files; empty: always analysed. */
  readonly paths: readonly string[];
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly units: UnitsConfig;
  readonly windows: WindowsConfig;
  readonly exclusions: readonly Exclusion[];
  readonly versionQuery: VersionQueryConfig | null;
  readonly alpha: number;
  readonly inference: InferenceName;
  readonly scale: "auto" | Scale;
  readonly design: "auto" | Design;
  /** What was planned for a concurrent split; null: nothing. */
  readonly split: SplitPlan | null;
  /** Planned looks at the data, the last one at the end of the post window; 1: only that one. */
  readonly looks: number;
  readonly slis: readonly SliConfig[];
}

export interface SourceConfig {
  /** Key in `sources`, or the type of the only `source`. */
  readonly name: string;
  readonly type: string;
  /** Validated by the schema of the source's type. */
  readonly options: unknown;
  /** How long after a step its points exist, seconds; null: one step. */
  readonly lag: number | null;
}

/** Labels and what their values must be; all labels must fit. */
export type LabelMatch = Readonly<Record<string, LabelRule>>;

export type LabelRule =
  /** The label's value is one of these. Templates stand here until the trigger is known. */
  | { readonly type: "any-of"; readonly values: readonly string[] }
  /** The whole value fits this regular expression. */
  | { readonly type: "regex"; readonly pattern: string };

export type GroupRule =
  | { readonly type: "match"; readonly match: LabelMatch }
  /** The value of this label is the deployed SHA, or the start of it. */
  | { readonly type: "version-label"; readonly label: string };

export interface UnitsConfig {
  readonly label: string;
  readonly treated: GroupRule;
  /** null: every unit that is not treated. */
  readonly control: GroupRule | null;
  readonly cluster: ClusterRule | null;
  readonly exclude: readonly { readonly unit: string; readonly reason: string }[];
}

/** What the deploy was assigned to when that is larger than the unit. */
export type ClusterRule =
  /** A label that each series carries beside the unit's. */
  | { readonly type: "label"; readonly label: string }
  /** unit -> cluster */
  | { readonly type: "map"; readonly clusters: Readonly<Record<string, string>> };

export interface WindowsConfig {
  readonly pre: number;
  readonly settle: number;
  readonly post: number;
  readonly step: number;
}

export interface VersionQueryConfig {
  /** Name of a source. */
  readonly source: string;
  readonly query: string;
  /** null: the query's value is the share (0 to 1) of the unit's instances that run the deployed version. */
  readonly label: string | null;
}

export interface SliConfig {
  readonly id: string;
  /** Name of a source. */
  readonly source: string;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly role: Role;
  readonly quantile: number | null;
  readonly queries: Readonly<Partial<Record<SeriesComponent, string>>>;
  /** Label that names the subgroups of a unit, each judged beside the whole; left out: none. */
  readonly by?: string;
  /** What users were promised; only with kind `ratio`, left out: nothing. */
  readonly slo?: SloPlan;
  /** null only when the caller allowed it (`validate` proposes one). */
  readonly margin: Margin | null;
}
