import { parseDuration } from "./duration.ts";

export const ALERT_RULES = ["page", "ticket", "every-regression"] as const;
export type AlertRule = (typeof ALERT_RULES)[number];

export const PAGERDUTY_REGIONS = ["us", "eu"] as const;
export type PagerdutyRegion = (typeof PAGERDUTY_REGIONS)[number];

export const ROLLBACK_WAYS = ["workflow-dispatch", "repository-dispatch", "deployment"] as const;
export type RollbackWay = (typeof ROLLBACK_WAYS)[number];

export const ROLLBACK_STARTS = ["after-click", "at-once"] as const;
export type RollbackStart = (typeof ROLLBACK_STARTS)[number];

/** At most `count` in any span of `per` seconds. */
export interface Limit {
  readonly count: number;
  readonly per: number;
}

export const LIMIT_EXAMPLE = "2 per 24h";

/** `2 per 24h`; null: it is not a limit. */
export function parseLimit(text: string): Limit | null {
  const parts = /^(\d{1,4})\s+per\s+(\S+)$/.exec(text.trim());
  const per = parseDuration(parts?.[2] ?? "");
  return parts === null || per === null || per === 0 ? null : { count: Number(parts[1]), per };
}

interface EveryAlert {
  readonly when: AlertRule;
  /** True: only says what would have been sent. */
  readonly dryRun: boolean;
  readonly atMost: Limit;
}

/** Names that end in `Env` are names of secrets. */
export type AlertConfig = EveryAlert &
  (
    | {
        readonly to: "webhook";
        readonly urlEnv: string;
        readonly secretEnv: string | null;
        readonly tokenEnv: string | null;
      }
    | { readonly to: "slack"; readonly urlEnv: string }
    | { readonly to: "pagerduty"; readonly routingKeyEnv: string; readonly region: PagerdutyRegion }
    | { readonly to: "github-issue"; readonly labels: readonly string[] }
  );

export interface RollbackConfig {
  readonly how: RollbackWay;
  /** Only with workflow-dispatch. */
  readonly workflow: string | null;
  /** null: the default branch. */
  readonly ref: string | null;
  readonly eventType: string;
  /** Texts that may hold templates. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly when: RollbackStart;
  readonly dryRun: boolean;
  readonly atMost: Limit;
}

/** What a text of `inputs` may refer to. */
export const ROLLBACK_VALUES = ["environment", "sha", "previous-sha", "deployment", "report"] as const;
export type RollbackValue = (typeof ROLLBACK_VALUES)[number];

/** A name in double braces. */
export const ROLLBACK_TEMPLATE = /\{\{\s*([^{}]*?)\s*\}\}/g;

export function isRollbackValue(name: string): name is RollbackValue {
  return (ROLLBACK_VALUES as readonly string[]).includes(name);
}

/** Replaces the templates of one text; values are inserted as they are and never read again. */
export function fillTemplate(text: string, values: Readonly<Record<RollbackValue, string>>): string {
  return text.replace(ROLLBACK_TEMPLATE, (whole, name: string) => (isRollbackValue(name) ? values[name] : whole));
}
