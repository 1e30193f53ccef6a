import type { Desk, DoorWords } from "../../app/judge/desk.ts";
import { isAcknowledged, type PlanAmendment } from "../../report/amendments.ts";
import { checkButtons } from "../commands/buttons.ts";
import type { BotLog } from "../context.ts";
import type { BotSettings } from "../settings.ts";
import type { Analysis } from "../store/analyses.ts";
import { analysisPage } from "./page.ts";

export interface DeskOptions {
  readonly settings: Pick<BotSettings, "serverUrl" | "publicUrl">;
  readonly log: BotLog;
  readonly analysis: Analysis;
  readonly amendments: readonly PlanAmendment[];
}

const WORDS: DoorWords = {
  otherConfigPath: "; the next deployment is judged with it",
  triesAgain: "the bot tries again",
  tryingAgain: "The bot has tried for hours; comment `/deploy-impact rerun` to let it look once more.",
};

/** Other deployments are mostly known from their webhooks; one look-up is for the one before the App was installed. */
const STATUS_LOOK_UPS = 1;

/** The bot as a front door: everything that a run of the Action says in its log and summary is on the check here. */
export function botDesk({ settings, log, analysis, amendments }: DeskOptions): Desk {
  return {
    narrator: {
      info: (message) => log.debug(message),
      debug: (message) => log.debug(message),
      warning: (message) => log.warning(message),
      error: (message) => log.warning(message),
      note: async ({ title }) => log.debug(title),
    },
    links: {
      serverUrl: settings.serverUrl,
      runUrl: null,
      detailsUrl: analysisPage(settings.publicUrl, analysis),
      issueUrl: null,
    },
    words: WORDS,
    home: analysis.tenant.repository,
    // A tenant's config reaches no file of this machine; a path in it leads nowhere.
    baseDir: "/nonexistent",
    freshCheck: { after: analysis.checksBefore },
    commands: true,
    amendments,
    statusLookUps: STATUS_LOOK_UPS,
    // A job does not sleep: a pull request that is not in the index yet is looked for at the end again.
    indexDelays: [],
    finishedBy: () => "bot",
    buttons: buttonsOf(amendments, null),
    // The row knows which check is open.
    checkOpened: () => undefined,
    checkSettled: () => undefined,
    // Secrets of tenants are never in this process's log: it blots them out by itself.
    mask: () => undefined,
    leftPending: () => undefined,
    keepResult: async () => ({}),
  };
}

/** `post`: the longest post window as it is planned now, seconds; null: no plan is known. */
export function buttonsOf(amendments: readonly PlanAmendment[], post: number | null): Desk["buttons"] {
  return (conclusion) =>
    checkButtons({ conclusion, post, acknowledged: isAcknowledged(amendments), rollbackWaits: false });
}
