import type { GithubConnection } from "../../app/judge/desk.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { apiFor } from "../../github/api.ts";
import { type AnswerHead, connect } from "../../github/client.ts";
import { DOORS } from "../../github/errors.ts";
import { SECONDARY_LIMIT_WAIT_SECONDS } from "../../github/limits.ts";
import type { BotContext } from "../context.ts";
import type { Pauses } from "../jobs/pauses.ts";
import type { InstallationTokens } from "./tokens.ts";

export interface ConnectOptions extends Pick<BotContext, "settings" | "now" | "log" | "metrics"> {
  readonly tokens: InstallationTokens;
  readonly pauses: Pauses;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A limit that ends sooner than this is waited out in the job; a longer one sends the job back into the queue. */
const PATIENCE_SECONDS = 2;

/**
 * GitHub with the token of the tenant's installation. The limits of GitHub are per installation, so when one of its
 * jobs reaches one, all of them wait, in every process, and nobody else does.
 */
export function connectWith(options: ConnectOptions): BotContext["connect"] {
  const { settings, tokens, pauses, now } = options;
  return async ({ installationId }): Promise<GithubConnection> => {
    const until = pauses.until(installationId);
    if (until !== null) throw pausedError(installationId, until);
    // Before anything else is asked: an installation that is gone is said as such.
    await tokens.current(installationId);
    const log = options.log.child({ installation: installationId });
    const client = connect({
      token: {
        current: () => tokens.current(installationId),
        replace: (refused: string) => tokens.replace(installationId, refused),
      },
      apiUrl: settings.apiUrl,
      log: { debug: (text) => log.debug(text), info: (text) => log.debug(text), warning: (text) => log.warning(text) },
      sleep: options.sleep,
      patience: { primary: PATIENCE_SECONDS, secondary: PATIENCE_SECONDS },
      answered: (answer) => {
        options.metrics.count("deploy_impact_github_requests_total", {
          status: `${Math.floor(answer.status / 100)}xx`,
        });
        const limited = limitedUntil(answer, now() / 1000);
        if (limited === null) return;
        log.warning("GitHub asks to wait", { until: new Date(limited * 1000).toISOString() });
        pauses.pause(installationId, limited).catch((error: unknown) => {
          log.error("A pause could not be noted for other processes", { error: String(error) });
        });
      },
    });
    return { api: (repository) => apiFor(client, repository, DOORS.app), requests: client.requests };
  };
}

/** Until when GitHub wants no more requests of this installation, epoch seconds; null: it said nothing of the kind. */
export function limitedUntil({ status, headers }: AnswerHead, now: number): number | null {
  const refused = status === 403 || status === 429;
  const wait = Number(headers["retry-after"]);
  if (refused && Number.isFinite(wait) && headers["retry-after"] !== undefined) return now + wait;
  const reset = Number(headers["x-ratelimit-reset"]);
  // Also the answer that used the last request up: the next one would be refused.
  if (String(headers["x-ratelimit-remaining"]) === "0" && Number.isFinite(reset) && reset > now) return reset;
  return status === 429 ? now + SECONDARY_LIMIT_WAIT_SECONDS : null;
}

function pausedError(installationId: number, until: number): DeployImpactError {
  const when = new Date(until * 1000).toISOString();
  return new DeployImpactError(
    "GITHUB_RATE_LIMITED",
    `GitHub asked installation ${installationId} to wait until ${when}.`,
    { hint: "The bot comes back by itself after that time." },
  );
}
